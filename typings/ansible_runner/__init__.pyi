class RunnerConfig:
    env: dict[str, str]

class Runner:
    config: RunnerConfig
    rc: int
    status: str
    def run(self) -> tuple[str, int]: ...
