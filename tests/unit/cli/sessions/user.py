"""Somebody with an AWS configuration of their own, whose AWS is a fake one on this computer."""

import os
import pty
import subprocess
from dataclasses import dataclass
from pathlib import Path

from orchestrator.rehearsal import Cloud
from orchestrator.waiting import NotYet, wait_for
from tests.unit.cli.typed import ORCHESTRATE, typed

KEYS = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Who types commands."""

    home: Path
    account: Cloud

    def configured(self, text: str) -> None:
        """Write `~/.aws/config`."""
        (self.home / ".aws").mkdir(exist_ok=True)
        (self.home / ".aws" / "config").write_text(text, encoding="utf-8")

    def variables(self, profile: str = "") -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "AWS_CONFIG_FILE": str(self.home / ".aws" / "config"),
            "AWS_ENDPOINT_URL": self.account.url,
            "ORCHESTRATE_CLOUD": "aws",
            **({"AWS_PROFILE": profile} if profile else {}),
        }

    def types(
        self, *words: str, profile: str = "", variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Without a terminal."""
        return typed(self.home, *words, variables=self.variables(profile) | (variables or {}))

    def refusal(
        self, *words: str, profile: str = "", variables: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Exit code, cause and hint; there is nothing else, a traceback least of all."""
        said = self.types(*(words or ("status",)), profile=profile, variables=variables)
        assert "Traceback" not in said.stderr
        cause, hint = said.stderr.splitlines()
        return said.returncode, cause, hint.removeprefix("  try: ")

    def answers(self, *words: str, profile: str, prompt: str, code: str) -> str:
        """In a terminal: wait for a prompt, type a code, and return all that was shown until the end or a question."""
        ours, theirs = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        places = {"XDG_STATE_HOME": str(self.home), "XDG_CACHE_HOME": str(self.home), "TERM": "xterm"}
        process = subprocess.Popen(
            (ORCHESTRATE, *words),
            env=environment | places | self.variables(profile) | {"AWS_EC2_METADATA_DISABLED": "true"},
            cwd=self.home,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(ours, False)
        shown: list[str] = []

        def read() -> str:
            try:
                while chunk := os.read(ours, 65536):
                    shown.append(chunk.decode())
            except (BlockingIOError, OSError):
                pass
            return "".join(shown)

        try:
            if prompt:
                wait_for(prompt, lambda: prompt in read() or NotYet(read()), timeout_s=60)
                os.write(ours, f"{code}\n".encode())
            wait_for(
                "the end",
                lambda: (process.poll() is not None and read() != "") or NotYet(read()),
                timeout_s=60,
            )
        finally:
            process.kill()
            process.wait()
            read()
            os.close(ours)
        return "".join(shown)
