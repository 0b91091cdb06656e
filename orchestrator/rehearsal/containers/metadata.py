"""The instance metadata service, version 2 and 1, for callers that are known by their address. Changes nothing."""

import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from orchestrator.rehearsal.account.instance_states import TrackedInstance
from orchestrator.rehearsal.api.middleware import DroppedError
from orchestrator.rehearsal.api.replies import Reply
from orchestrator.rehearsal.api.request import Http
from orchestrator.rehearsal.faults import Kind
from orchestrator.rehearsal.iam.roles import RoleKey

_TOKEN_PATH = "/latest/api/token"  # noqa: S105  the path, not a token
_LONGEST_TTL_S = 21600
_FAILING = "#!/bin/sh\necho 'the rehearsal was told to let cloud-init fail' >&2\nexit 1\n"
"""An ordinary script among the user-data, so that what fails is real."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What one instance may learn of itself."""

    tree: Mapping[str, str]
    """By the path below `/latest/`."""
    user_data: bytes | None
    token_required: bool


def of(tracked: TrackedInstance, credentials: RoleKey | None = None) -> Metadata:
    """The metadata of an instance as they are now, with the credentials of its role. The caller holds the cloud's lock."""
    instance, region = tracked.instance, tracked.region
    zone, address = str(instance.availability_zone), str(instance.private_ip)
    nic = instance.nics[0]
    document = {
        "accountId": region.account_id,
        "architecture": instance.architecture,
        "availabilityZone": zone,
        "imageId": instance.image_id,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "pendingTime": f"{instance.launch_time:%Y-%m-%dT%H:%M:%SZ}",
        "privateIp": address,
        "region": region.region_name,
        "version": "2017-09-30",
    }
    tree = {
        "dynamic/instance-identity/document": json.dumps(document),
        "meta-data/ami-id": instance.image_id,
        "meta-data/ami-launch-index": str(instance.ami_launch_index),
        "meta-data/hostname": instance.private_dns_name,
        "meta-data/instance-action": "none",
        "meta-data/instance-id": instance.id,
        "meta-data/instance-life-cycle": instance.lifecycle or "on-demand",
        "meta-data/instance-type": instance.instance_type,
        "meta-data/local-hostname": instance.private_dns_name,
        "meta-data/local-ipv4": address,
        "meta-data/mac": nic.mac_address,
        "meta-data/placement/availability-zone": zone,
        "meta-data/placement/region": region.region_name,
        "meta-data/security-groups": "\n".join(group.name for group in instance.security_groups),
    }
    card = f"meta-data/network/interfaces/macs/{nic.mac_address}"
    tree |= {
        f"{card}/device-number": "0",
        f"{card}/interface-id": nic.id,
        f"{card}/local-ipv4s": address,
        f"{card}/mac": nic.mac_address,
        f"{card}/subnet-id": nic.subnet_id,
        f"{card}/subnet-ipv4-cidr-block": nic.subnet.cidr_block,
        f"{card}/vpc-id": nic.vpc_id,
    }
    if credentials is not None:
        tree[f"meta-data/iam/security-credentials/{credentials.role}"] = credentials.document()
    if instance.public_ip:
        tree["meta-data/public-ipv4"] = instance.public_ip
    if instance.key_name in region.key_pairs:
        key = region.key_pairs[str(instance.key_name)].public_key.strip()
        tree["meta-data/public-keys/0/openssh-key"] = key
    if instance.metadata_options.instance_metadata_tags == "enabled":
        for tag in instance.get_tags():
            tree[f"meta-data/tags/instance/{tag['key']}"] = tag["value"]
    if tracked.advised_at is not None and instance.lifecycle == "spot":
        advice = {"noticeTime": f"{tracked.advised_at:%Y-%m-%dT%H:%M:%SZ}"}
        tree["meta-data/events/recommendations/rebalance"] = json.dumps(advice)
    if tracked.ends_at is not None:
        notice = {"action": "terminate", "time": f"{tracked.ends_at:%Y-%m-%dT%H:%M:%SZ}"}
        tree["meta-data/spot/instance-action"] = json.dumps(notice)
        tree["meta-data/spot/termination-time"] = notice["time"]
    return Metadata(
        tree=tree,
        user_data=_user_data(tracked),
        token_required=instance.metadata_options.http_tokens == "required",
    )


def answer(metadata: Metadata, path: str) -> bytes | None:
    """What is at a path below `/latest/` or a dated version; a folder is the list of what is in it. None for nothing."""
    _, _, rest = path.strip("/").partition("/")
    if rest == "user-data":
        return metadata.user_data
    if rest in metadata.tree:
        return metadata.tree[rest].encode()
    prefix = f"{rest}/" if rest else ""
    inside = [name.removeprefix(prefix) for name in metadata.tree if name.startswith(prefix)]
    if not inside:
        return None
    if rest == "meta-data/public-keys":
        return b"0=key"
    names = dict.fromkeys(name.partition("/")[0] + ("/" if "/" in name else "") for name in inside)
    return "\n".join(names).encode()


def _nothing(_http: Http) -> Reply:
    return Reply(status=404, body=b"")


class _Replies(BaseHTTPRequestHandler):
    """What has nothing to do with metadata."""

    answered: Callable[[Http], Reply] = staticmethod(_nothing)

    def do_POST(self) -> None:
        """A request of AWS's: handed on without what opens the account's back door. Silent where its answer is to be lost."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers.pop("x-rehearsal-admin", None)
        body = self.rfile.read(int(headers.get("content-length", "0")))
        with suppress(DroppedError):
            reply = self.answered(Http(method="POST", path="/", query="", headers=headers, body=body))
            self._send(reply.status, reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the parent's name for it
        """Nothing: what cloud-init asks is of no interest."""

    def _send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class MetadataService:
    """Answers at one address until it is closed. What is posted there is a request of EC2: a host finds both at one address.

    Args:
        address: of this computer, in the containers' network.
        port: of TCP.
        known: the metadata of the instance with an address; None for a stranger.
        asked: answers requests of AWS that hosts sign with the credentials of their role.
    """

    def __init__(
        self,
        address: str,
        port: int,
        known: Callable[[str], Metadata | None],
        asked: Callable[[Http], Reply] = _nothing,
    ) -> None:
        tokens: set[str] = set()

        class Handler(_Replies):
            """One request."""

            answered = staticmethod(asked)

            def do_PUT(self) -> None:
                """A token."""
                ttl = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
                forwarded = self.headers.get("X-Forwarded-For")
                if self.path != _TOKEN_PATH or forwarded:
                    self._send(403 if forwarded else 404, b"")
                elif not ttl.isdigit() or not 1 <= int(ttl) <= _LONGEST_TTL_S:
                    self._send(400, b"")
                else:
                    token = secrets.token_urlsafe(32)
                    tokens.add(token)
                    self._send(200, token.encode(), ("X-aws-ec2-metadata-token-ttl-seconds", ttl))

            def do_GET(self) -> None:
                """A fact."""
                metadata = known(self.client_address[0])
                token = self.headers.get("X-aws-ec2-metadata-token")
                if metadata is None:
                    self._send(404, b"")
                elif (metadata.token_required or token is not None) and token not in tokens:
                    self._send(401, b"")
                else:
                    content = answer(metadata, self.path)
                    self._send(404 if content is None else 200, content or b"")

        self._server = ThreadingHTTPServer((address, port), Handler)
        self.port = int(self._server.server_address[1])
        """Where it answers; with port 0 a free one."""
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _user_data(tracked: TrackedInstance) -> bytes | None:
    kept = tracked.instance.user_data
    given = b64decode(str(kept)) if kept else None
    if tracked.fault is None or tracked.fault.kind is not Kind.CLOUD_INIT_FAILS:
        return given
    parts = MIMEMultipart()
    if given:
        parts.attach(MIMEText(given.decode(), "cloud-config"))
    parts.attach(MIMEText(_FAILING, "x-shellscript"))
    return parts.as_bytes()
