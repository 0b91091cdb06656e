class RunnerConfig:
    env: dict[str, str]
    cwd: str

class Runner:
    config: RunnerConfig
    rc: int
    status: str
    def run(self) -> tuple[str, int]: ...
