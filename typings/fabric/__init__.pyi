from collections.abc import Mapping
from typing import IO

import paramiko

class Config:
    def __init__(
        self, *, overrides: Mapping[str, object] = ..., ssh_config: paramiko.SSHConfig | None = ...
    ) -> None: ...

class Result:
    return_code: int
    stdout: str
    stderr: str

class Connection:
    client: paramiko.SSHClient
    is_connected: bool
    connect_kwargs: dict[str, object]
    def __init__(
        self,
        host: str,
        *,
        user: str | None,
        port: int | None,
        config: Config,
        connect_timeout: int,
        connect_kwargs: Mapping[str, object],
    ) -> None: ...
    def open(self) -> object: ...
    def close(self) -> None: ...
    def run(
        self, command: str, *, hide: bool, warn: bool, in_stream: IO[str] | bool, timeout: int, encoding: str
    ) -> Result: ...
