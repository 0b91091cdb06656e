from collections.abc import Callable, Mapping
from typing import Any

from ansible_runner import Runner

def init_runner(
    *,
    private_data_dir: str,
    playbook: str,
    inventory: list[str],
    limit: str,
    ident: str,
    tags: str,
    rotate_artifacts: int,
    envvars: Mapping[str, str],
    settings: Mapping[str, object],
    quiet: bool,
    event_handler: Callable[[dict[str, Any]], bool],
    cancel_callback: Callable[[], bool],
) -> Runner: ...
