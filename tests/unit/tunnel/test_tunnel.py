"""A tunnel of the OpenSSH client to a server on loopback: opened, lost, taken up again, closed."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import psutil
import pytest

from orchestrator.errors import HostKeyError, UnreachableError, UsageError
from orchestrator.tunnel import SshTarget, Tunnel, local_port
from orchestrator.waiting import NotYet, wait_for
from tests.repo.tree import ROOT
from tests.unit.tunnel.far_ends import nobody, said_on, saying
from tests.unit.tunnel.ssh_host import NAME, SshHost

GREETING = b"RFB 003.008\n"
ANSWER = GREETING + b"ping"
SOON_S = 30


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SshHost]:
    someone = SshHost(tmp_path)
    yield someone
    someone.drop_everybody()


@pytest.fixture
def desktop() -> Iterator[int]:
    """The port of something that speaks first."""
    with saying(GREETING) as port:
        yield port


def test_a_port_of_the_host_is_a_port_here_until_the_block_ends(host: SshHost, desktop: int) -> None:
    port = local_port(None, preferred=0)
    with Tunnel(host.ssh_target(desktop), port, print):
        assert said_on(port) == ANSWER
        assert said_on(port) == ANSWER, "more than one connection"
        assert len(tunnels()) == 1
    assert said_on(port) == b""
    assert tunnels() == []


def test_a_far_end_where_nothing_listens_does_not_answer_and_ssh_says_why(host: SshHost) -> None:
    port = local_port(None, preferred=0)
    with Tunnel(host.ssh_target(nobody()), port, print) as tunnel:
        assert said_on(port) == b""
        assert "open failed: connect failed" in tunnel.said
        host.drop_everybody()


def test_a_link_that_is_killed_comes_back_on_the_same_port(host: SshHost, desktop: int) -> None:
    with held(host.ssh_target(desktop)) as (holder, port, says):
        (ssh,) = psutil.Process(holder.pid).children()
        for count in (1, 2):
            ssh.kill()
            wait_until(partial(says_back, says, count), says)
            assert said_on(port) == ANSWER
            (ssh,) = psutil.Process(holder.pid).children()
        assert says().splitlines()[:3] == ["up", "link lost, trying again", "link back"]


def test_a_host_that_was_away_is_taken_up_again(host: SshHost, desktop: int) -> None:
    with held(host.ssh_target(desktop)) as (_, port, says):
        host.go_away()
        wait_until(lambda: "link lost, trying again" in says(), says)
        assert said_on(port) == b""
        host.come_back()
        wait_until(lambda: "link back" in says(), says)
        assert said_on(port) == ANSWER


def test_an_interrupt_closes_it_and_leaves_nothing(host: SshHost, desktop: int) -> None:
    with held(host.ssh_target(desktop)) as (holder, port, _):
        (ssh,) = psutil.Process(holder.pid).children()
        holder.send_signal(signal.SIGINT)
        assert holder.wait(SOON_S) == 0
        assert not ssh.is_running()
        assert said_on(port) == b""


def test_what_a_killed_process_left_is_ended_by_the_next_tunnel_and_others_live_on(
    host: SshHost, desktop: int
) -> None:
    with (
        held(host.ssh_target(desktop)) as (killed, port, _),
        held(host.ssh_target(desktop)) as (_, others, _),
    ):
        (ssh,) = psutil.Process(killed.pid).children()
        killed.kill()
        killed.wait(SOON_S)
        assert said_on(port) == ANSWER, "its ssh lives on"
        with Tunnel(host.ssh_target(desktop), local_port(None, preferred=0), print):
            wait_for("its end", lambda: not ssh.is_running() or NotYet("there"), timeout_s=SOON_S)
            assert said_on(port) == b""
            assert said_on(others) == ANSWER


def test_a_host_that_shows_another_key_is_refused_with_what_to_type(host: SshHost, desktop: int) -> None:
    host.go_away()
    host.come_back(with_another_key=True)
    with pytest.raises(HostKeyError, match=f"{NAME} shows another host key") as refused:
        opened(host.ssh_target(desktop))
    assert refused.value.hint == f"orchestrate trust {NAME}"
    assert tunnels() == []


def test_a_host_that_comes_back_with_another_key_ends_the_tunnel(host: SshHost, desktop: int) -> None:
    with held(host.ssh_target(desktop)) as (holder, port, says):
        host.go_away()
        host.come_back(with_another_key=True)
        assert holder.wait(SOON_S) == 0
        assert f"HostKeyError: {NAME} shows another host key" in says()
        assert said_on(port) == b""


def test_a_host_without_a_key_on_record_is_refused(host: SshHost, desktop: int) -> None:
    (host.folder / "known_hosts").write_text("")
    with pytest.raises(HostKeyError, match="no host key is on record"):
        opened(host.ssh_target(desktop))


def test_a_host_that_does_not_answer_is_named(host: SshHost, desktop: int) -> None:
    host.go_away()
    with pytest.raises(UnreachableError, match=f"{NAME} is not reached by SSH: .*refused"):
        opened(host.ssh_target(desktop))


def test_a_host_that_does_not_let_us_in_is_named(host: SshHost, desktop: int) -> None:
    host.let_nobody_in()
    with pytest.raises(UnreachableError, match=f"{NAME} does not let you in: .*publickey"):
        opened(host.ssh_target(desktop))


def test_a_port_that_somebody_took_meanwhile_is_a_usage_error(host: SshHost, desktop: int) -> None:
    with pytest.raises(UsageError, match=f"port {desktop} of this computer is in use"):
        opened(host.ssh_target(desktop), desktop)


def test_a_host_that_forwards_nothing_says_so(host: SshHost, desktop: int) -> None:
    host.forwards = False
    port = local_port(None, preferred=0)
    with Tunnel(host.ssh_target(desktop), port, print) as tunnel:
        assert said_on(port) == b""
        assert "administratively prohibited" in tunnel.said


def says_back(says: Callable[[], str], times: int) -> bool:
    """Whether the link has come back that often."""
    return says().count("link back") == times


def opened(target: SshTarget, port: int | None = None) -> None:
    """Open and close."""
    with Tunnel(target, port or local_port(None, preferred=0), print):
        pass


@contextmanager
def held(target: SshTarget) -> Iterator[tuple["subprocess.Popen[bytes]", int, Callable[[], str]]]:
    """Another process that holds a tunnel; its port, and what it has said so far."""
    port = local_port(None, preferred=0)
    log = target.run_folder / f"holder-{port}.log"
    argv = (
        sys.executable,
        "-m",
        "tests.unit.tunnel.holder",
        json.dumps(asdict(target), default=str),
        str(port),
    )
    with ExitStack() as stack:
        holder = stack.enter_context(
            subprocess.Popen(
                argv, cwd=ROOT, stdout=stack.enter_context(log.open("wb")), stderr=subprocess.STDOUT
            )
        )
        stack.callback(end, holder)
        wait_until(lambda: "up" in log.read_text(), log.read_text)
        yield holder, port, log.read_text


def end(holder: "subprocess.Popen[bytes]") -> None:
    """Interrupt it, if it still runs."""
    if holder.poll() is None:
        holder.send_signal(signal.SIGINT)
        holder.wait(SOON_S)


def wait_until(true: Callable[[], bool], says: Callable[[], str]) -> None:
    """Wait, and show what was said if it does not come."""
    wait_for("what the holder says", lambda: true() or NotYet(says()), timeout_s=SOON_S)


def tunnels() -> list[psutil.Process]:
    """The ssh processes of this one, which may have other children: a browser's."""
    return [child for child in psutil.Process().children() if child.name() == "ssh"]
