"""A socket of a host, brought to a port of this computer through the OpenSSH client. Knows no provider and no service."""

from orchestrator.tunnel.answers import http_status, refusal_over_tls, rfb_banner
from orchestrator.tunnel.ports import local_port
from orchestrator.tunnel.ssh_client import SshTarget
from orchestrator.tunnel.tunnel import Tunnel

__all__ = ["SshTarget", "Tunnel", "http_status", "local_port", "refusal_over_tls", "rfb_banner"]
