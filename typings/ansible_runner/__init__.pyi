class RunnerConfig:
    env: dict[str, str]

class Runner:
    config: RunnerConfig
    rc: int
    status: str
    stats: dict[str, dict[str, int]] | None
    def run(self) -> tuple[str, int]: ...
