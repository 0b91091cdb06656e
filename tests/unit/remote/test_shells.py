"""Commands on a host over real SSH: only the command is heard, whatever its login shell prints, and no more than fits."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.errors import UnreachableError
from orchestrator.remote import Completed, shell_of
from orchestrator.remote.local import LocalShell
from orchestrator.remote.transport import OUTPUT_LIMIT
from tests.unit.remote.login_host import LoginHost

NOISE = "echo Welcome; echo '{\"schema\": 1}'; echo stty: not a terminal >&2; trap 'echo bye; echo bye >&2' EXIT\n"


@pytest.fixture
def noisy(tmp_path: Path) -> Iterator[LoginHost]:
    host = LoginHost(tmp_path, NOISE)
    yield host
    host.close()


def ran(at: LoginHost, *argv: str, stdin: str = "") -> Completed:
    with closing(shell_of(at.host, key=at.key)) as shell:
        return shell.run(argv, stdin)


def test_what_the_login_shell_prints_is_no_part_of_an_answer(noisy: LoginHost) -> None:
    answer = ran(noisy, "sh", "-c", "cat; echo 'a b'; echo warning >&2; exit 7", stdin="given ")
    assert answer == Completed(exit_code=7, stdout="given a b\n", stderr="warning\n")
    assert answer.behind == "bye"


def test_a_file_is_put_byte_by_byte_though_the_login_shell_prints(noisy: LoginHost, tmp_path: Path) -> None:
    content = bytes(range(256)) * 3000
    with closing(shell_of(noisy.host, key=noisy.key)) as shell:
        shell.put(content, str(tmp_path / "put here"))
        shell.put(b"", str(tmp_path / "empty"))
    assert (tmp_path / "put here").read_bytes() == content
    assert (tmp_path / "put here").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_file_that_cannot_be_put_says_why(noisy: LoginHost) -> None:
    with closing(shell_of(noisy.host, key=noisy.key)) as shell, pytest.raises(UnreachableError) as caught:
        shell.put(b"x", "/proc/nothing/there")
    assert "No such file" in caught.value.cause or "nonexistent" in caught.value.cause


def test_a_login_shell_that_runs_no_command_is_named_with_what_it_said(tmp_path: Path) -> None:
    host = LoginHost(tmp_path, "printf '\\033[2JThis account is \\033]0;owned\\007closed.\\n'; exit 1\n")
    with pytest.raises(UnreachableError) as caught:
        ran(host, "true")
    host.close()
    assert "ends with 1 before it runs a command: This account is closed." in caught.value.cause


def test_control_characters_of_a_host_stay_there(noisy: LoginHost) -> None:
    answer = ran(
        noisy, "printf", r"\033[2J\033[1;32mPASS\033[0m \033]0;title\007a\000b\r\n\302\233x\342\200\256\n"
    )
    assert answer.stdout == "PASS a\ufffdb\n\ufffd\n"


def test_an_answer_is_cut_where_it_would_fill_the_memory(noisy: LoginHost) -> None:
    answer = ran(noisy, "sh", "-c", f"head -c {3 * OUTPUT_LIMIT} /dev/zero | tr '\\0' x; echo end >&2")
    assert len(answer.stdout) < OUTPUT_LIMIT
    assert (answer.exit_code, answer.stderr) == (0, "end\n")


def test_characters_that_lie_across_two_packets_stay_whole(noisy: LoginHost) -> None:
    answer = ran(noisy, "sh", "-c", "i=0; while [ $i -lt 20000 ]; do printf 'aé€'; i=$((i+1)); done")
    assert answer.stdout == "aé€" * 20000


def test_this_computer_answers_in_the_same_way() -> None:
    shell = LocalShell()
    assert shell.run(("printf", r"\033[31mred\033[0m")).stdout == "red"
    assert shell.run(("no-such-program-anywhere",)).exit_code == 127


@pytest.mark.parametrize("size", [10, 2**16, 2**22])
def test_a_program_that_ends_before_it_has_read_all_has_an_answer(noisy: LoginHost, size: int) -> None:
    for _ in range(3):
        answer = ran(noisy, "sh", "-c", "echo there is no Python >&2; exit 127", stdin="x" * size)
        assert (answer.exit_code, answer.stderr) == (127, "there is no Python\n")
