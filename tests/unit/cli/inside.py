"""Type a command in this process: what it says and how it ends, without the time that a new Python takes."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.cli import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came of a command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Somebody with a home of their own, in this process."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def types(self, *words: str, variables: Mapping[str, str] | None = None) -> Said:
        """Run a command to its end, in `home`, with more variables in the environment."""
        places = {
            "XDG_STATE_HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home),
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.capsys.readouterr()
        with self.monkeypatch.context() as here, _signals_as_they_are():
            here.chdir(self.home)
            for name, value in (places | dict(variables or {})).items():
                here.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(words)
        out, err = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(code=ended.value.code, out=out, err=err)


@contextmanager
def _signals_as_they_are() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
