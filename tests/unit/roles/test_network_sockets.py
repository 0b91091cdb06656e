"""What the kernel's tables of sockets say, and who is taken for the holder of one."""

import os
import socket

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets

ANYWHERE = "0.0.0.0"  # noqa: S104  as the kernel writes it, nothing binds to it
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:89BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 47605 1 0 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 49357 1 0 100 0 0 10 0
   2: 020012AC:0016 010012AC:8C44 01 00000000:00000000 00:00000000 00000000     0        0 50001 1 0 100 0 0 10 0
   3: 020012AC:0016 010012AC:8C45 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0
"""
TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF0000020012AC:08AE 0000000000000000FFFF0000010012AC:8C46 01 00000000:00000000 00:00000000 00000000  1000        0 50002 1 0 100 0 0 10 0
   1: 000080FE00000000000000000100000A:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 50003 1 0 100 0 0 10 0
"""


def test_listeners_and_connections_are_read_and_closing_ones_are_not() -> None:
    found = sockets.parse_table("tcp", TCP)
    assert [(one.local, one.port, one.peer, one.peer_port, one.listens) for one in found] == [
        (ANYWHERE, 22, ANYWHERE, 0, True),
        ("172.18.0.2", 22, "172.18.0.1", 35908, False),
    ]


def test_an_ipv4_address_within_ipv6_is_written_as_ipv4() -> None:
    mapped, linklocal = sockets.parse_table("tcp", TCP6)
    assert (mapped.local, mapped.port, mapped.peer, mapped.uid) == ("172.18.0.2", 2222, "172.18.0.1", 1000)
    assert linklocal.local == "fe80::a00:1"


def test_addresses_of_the_host_are_those_the_kernel_calls_local() -> None:
    trie = "        |-- 127.0.0.1\n           /32 host LOCAL\n     |-- 172.18.0.0\n        /16 link UNICAST\n     |-- 172.18.0.2\n        /32 host LOCAL\n"
    inet6 = "fe800000000000000000000000000001 02 40 20 80     eth0\n"
    assert sockets.parse_addresses(trie, inet6) == ("127.0.0.1", "172.18.0.2", "fe80::1")


@pytest.mark.parametrize(
    ("uid", "hidden", "held_by"),
    [
        (1000, [("sshd-session", 1000), ("agent", 1000)], ["sshd-session"]),
        (1000, [("agent", 1000)], ["agent"]),
        (0, [("sshd-session", 1000)], []),
    ],
    ids=["session", "other", "kernel"],
)
def test_a_holder_that_may_not_be_seen_is_one_of_the_user_who_made_the_socket(
    uid: int, hidden: list[tuple[str, int]], held_by: list[str]
) -> None:
    one = sockets.Socket("tcp", ANYWHERE, 2222, ANYWHERE, 0, True, uid, 7)
    processes = tuple(sockets.Process(at, name, of, of) for at, (name, of) in enumerate(hidden))
    snapshot = sockets.Snapshot((one,), {}, processes, ())
    assert [process.name for process in sockets.owners(snapshot, one)] == held_by


def test_this_process_is_found_as_the_holder_of_its_own_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        snapshot = sockets.read_snapshot()
        (one,) = sockets.listeners(snapshot, server.getsockname()[1])
        assert os.getpid() in [process.pid for process in sockets.owners(snapshot, one)]


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("172.18.0.1 35908 172.18.0.2 22", ("172.18.0.2", 22, "172.18.0.1", 35908)),
        ("::ffff:10.0.0.7 4000 fe80::1%eth0 2222", ("fe80::1", 2222, "10.0.0.7", 4000)),
        ("", ("", 0, "", 0)),
    ],
    ids=["listed", "not-listed", "none"],
)
def test_the_connection_in_use_is_the_kernels_socket_or_one_like_it(
    words: str, ends: tuple[str, int, str, int]
) -> None:
    listed = sockets.parse_table("tcp", TCP)
    found = sockets.find_connection(sockets.Snapshot(tuple(listed), {}, (), ()), words.split())
    assert found.ends == ends
    assert (found in listed) == (found.inode == 50001)
