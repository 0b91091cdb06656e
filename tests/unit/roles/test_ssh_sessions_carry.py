"""What is found of the ports, connections and networks that sessions of sshd carry."""

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import sessions
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import network_sockets as sockets

ANYWHERE = "0.0.0.0"  # noqa: S104  as the kernel writes it, nothing binds to it
SERVER = sockets.Process(10, "sshd", 0, 0)
SESSION = sockets.Process(20, "sshd-session", 1001, 1001)
CLIENT = sockets.Process(30, "ssh", 1000, 1000)
USERS = {0: "root", 1001: "tunnel"}
PORTS = frozenset({22})


def snapshot(*held: tuple[str, int, str, int, sockets.Process]) -> sockets.Snapshot:
    """Connections and listeners (those with peer port 0), each with its holder."""
    found: list[sockets.Socket] = []
    owners: dict[int, tuple[sockets.Process, ...]] = {}
    for inode, (local, port, peer, peer_port, holder) in enumerate(held, start=100):
        found.append(sockets.Socket("tcp", local, port, peer, peer_port, peer_port == 0, 0, inode))
        owners[inode] = (holder,)
    return sockets.Snapshot(tuple(found), owners, (), ("10.0.0.5",))


def test_a_port_that_a_session_holds_is_found_with_its_user_and_client() -> None:
    seen = snapshot(
        (ANYWHERE, 22, ANYWHERE, 0, SERVER),
        ("10.0.0.5", 22, "10.0.0.8", 50000, SESSION),
        (ANYWHERE, 2222, ANYWHERE, 0, SESSION),
        ("127.0.0.1", 6010, ANYWHERE, 0, SESSION),
    )
    assert sessions.forwards(seen, USERS, (), PORTS) == (
        sessions.Forward("listener", "tunnel", "10.0.0.8", 50000, "0.0.0.0:2222", True),
    )


def test_a_jump_to_another_host_is_found_and_a_tunnel_to_a_service_here_is_not() -> None:
    seen = snapshot(
        (ANYWHERE, 22, ANYWHERE, 0, SERVER),
        ("10.0.0.5", 22, "10.0.0.8", 50000, SESSION),
        ("10.0.0.5", 41000, "10.0.0.9", 22, SESSION),
        ("127.0.0.1", 41001, "127.0.0.1", 8888, SESSION),
        ("127.0.0.1", 41002, "127.0.0.1", 22, SESSION),
    )
    found = sessions.forwards(seen, USERS, (), PORTS)
    assert [(one.kind, one.what) for one in found] == [
        ("connection", "10.0.0.9:22"),
        ("connection", "127.0.0.1:22"),
    ]


def test_a_network_through_ssh_is_found() -> None:
    seen = snapshot(("10.0.0.5", 22, "10.0.0.8", 50000, SESSION))
    (found,) = sessions.forwards(seen, USERS, [("tun0", SESSION), ("tun1", CLIENT)], PORTS)
    assert (found.kind, found.what, found.user) == ("device", "tun0", "tunnel")


def test_a_connection_from_the_host_itself_is_followed_to_its_program() -> None:
    seen = snapshot(
        ("127.0.0.1", 22, "127.0.0.1", 45678, SERVER), ("127.0.0.1", 45678, "127.0.0.1", 22, CLIENT)
    )
    assert sessions.outward(seen, seen.sockets[0]) == CLIENT
    far = snapshot(("10.0.0.5", 22, "10.0.0.8", 50000, SERVER))
    assert sessions.outward(far, far.sockets[0]) is None
