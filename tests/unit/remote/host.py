"""A host at a port of this computer, to be reached over SSH."""

from orchestrator.models import Connection, Host, HostState


def host_at(port: int, *, host_key: str = "") -> Host:
    """The host; `host_key` is what is on record of it, empty where the user's own known_hosts decides."""
    return Host(
        name="lab-1",
        fleet="lab",
        provider_id="lab-1",
        distribution="debian-12",
        host_key=host_key,
        address="127.0.0.1",
        port=port,
        user="somebody",
        connection=Connection.SSH,
        state=HostState.RUNNING,
    )
