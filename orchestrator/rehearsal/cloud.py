"""An account of EC2 at an address of this computer, from nothing to nothing. What tests and the rehearsal open."""

import itertools
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import IPv4Network
from threading import RLock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

from orchestrator.errors import UsageError
from orchestrator.rehearsal.api.middleware import ADMIN, Middleware
from orchestrator.rehearsal.api.replies import Reply
from orchestrator.rehearsal.api.request import Call, Http
from orchestrator.rehearsal.clock import Clock
from orchestrator.rehearsal.faults import Fault, Faults
from orchestrator.rehearsal.iam.policy import Policy

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

    from orchestrator.rehearsal.account.instance_states import TrackedInstance
    from orchestrator.rehearsal.iam.authorization import Authorization

NETWORK = "10.231.0.0/16"
"""Outside 172.16.0.0/12, from which Docker takes its networks, and 192.168.0.0/16, which homes have."""

SETTLE_S = 0.2
"""How long `pending` and the other states on the way last. EC2 takes 10 to 60 s."""

_STRICT = ("ENABLE_AMI_VALIDATION", "EC2_ENABLE_INSTANCE_TYPE_VALIDATION", "ENABLE_KEYPAIR_VALIDATION")
"""moto's switches for checks that EC2 makes. It reads its environment when it is imported, which may have happened already."""

_NO_IMAGES = "MOTO_EC2_LOAD_DEFAULT_AMIS"
"""moto's own images are years old, and a region with them takes long to make. Read whenever a region is made."""

_numbers = itertools.count(100_000_000_001)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The settings of an account."""

    policy: str = ""
    """An IAM policy document in JSON; what it does not allow is refused. Empty allows everything."""
    cidr: str = NETWORK
    """A /16 in which all addresses lie."""
    settle_s: float = SETTLE_S
    quotas: Mapping[str, float] | None = None
    """vCPUs by the quota's name, instead of the usual ones."""
    clock: Callable[[], float] = time.monotonic
    """Seconds that pass by themselves; `Cloud.clock` adds to them."""


class Cloud:
    """A fresh, empty account, which answers from `__enter__` to `__exit__`. Several may be open at once.

    Args:
        settings: how it is; the rest of the arguments change one thing of it each.
        policy: as `AccountSettings.policy`.
        cidr: as `AccountSettings.cidr`.
        settle_s: as `AccountSettings.settle_s`; with 0 an instance is `pending` in RunInstances' answer, and runs in the next.
        quotas: as `AccountSettings.quotas`.
    """

    def __init__(
        self,
        *,
        settings: AccountSettings | None = None,
        policy: str = "",
        cidr: str = NETWORK,
        settle_s: float = SETTLE_S,
        quotas: Mapping[str, float] | None = None,
    ) -> None:
        given = AccountSettings(policy=policy, cidr=cidr, settle_s=settle_s, quotas=quotas)
        self.settings = settings or given
        self.clock = Clock(self.settings.clock)
        """`advance` lets hours pass at once: whatever falls due happens at its time when somebody looks."""
        self._faults = Faults()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            UsageError: moto is not installed.
        """
        need_moto()
        _make_moto_strict()
        from orchestrator.rehearsal.account.instance_states import InstanceStates
        from orchestrator.rehearsal.account.regions import Account
        from orchestrator.rehearsal.api.actions import Actions
        from orchestrator.rehearsal.api.moto_app import MotoApp
        from orchestrator.rehearsal.iam.roles import Roles
        from orchestrator.rehearsal.market.quotas import DEFAULTS

        settings = self.settings
        self.account: Account = Account(str(next(_numbers)), IPv4Network(settings.cidr))
        self._open.callback(self.account.close)
        self.roles: Roles = Roles(self.account.number)
        self.states: InstanceStates = InstanceStates(settle_s=settings.settle_s, clock=self.clock)
        actions = Actions(
            account=self.account,
            moto_app=MotoApp(self.account.number),
            states=self.states,
            quota_values=dict(DEFAULTS if settings.quotas is None else settings.quotas),
        )
        self.lock: RLock = actions.lock
        self._middleware = Middleware(
            answer=actions.answer,
            place=actions.place,
            faults=self._faults,
            authorize=self._authorization(),
            clock=self.clock,
        )
        server = _server(self._middleware, self.clock)
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self._open.callback(thread.join)
        self._open.callback(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"
        """The endpoint of every service."""
        self.admin_url = f"{self.url}{ADMIN}"
        """The same, for looking at what there is: calls are not counted, and neither policy nor faults touch them."""
        return self

    def _authorization(self) -> "Authorization":
        from orchestrator.rehearsal.iam.authorization import Authorization

        policy = Policy(self.settings.policy) if self.settings.policy else None
        return Authorization(policy, self.roles, self.account, self.lock)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it; nothing of it is left."""
        self._open.close()

    def calls(self) -> tuple[Call, ...]:
        """Every call since the start or the last `clear_calls`, in order."""
        return tuple(self._middleware.calls)

    def clear_calls(self) -> None:
        """Begin to count anew."""
        self._middleware.clear_calls()

    def inject(self, *faults: Fault) -> None:
        """Let things go wrong from now on, behind the faults that are on."""
        self._faults.add(*faults)
        self.account.networks = self._faults.networks

    def clear_faults(self) -> None:
        """Nothing goes wrong any more. Faults that were applied to instances stay with them."""
        self._faults.clear()
        self.account.networks = frozenset()

    def kill_at(self, position: int, *, after: bool, pid: int) -> None:
        """Kill a process with SIGKILL at its `position`th call of EC2 from now on, and answer nothing. Happens once.

        Args:
            position: from 1; 0 takes it back.
            after: the work is done first; else nothing is done.
            pid: of the process that is to die.
        """
        self._middleware.kill_at(position, after=after, pid=pid)

    def asked_by_host(self, http: Http) -> Reply:
        """Answer what a host asks with the rights of its role. Raises DroppedError where no answer is to be given."""
        return self._middleware.asked_by_host(http)

    def control(self, path: str, act: Callable[[bytes], object]) -> None:
        """Answer what is sent to a path of our own with what `act` makes of it, in JSON."""
        self._middleware.controls[path] = act

    def resource_ids(self) -> tuple[str, ...]:
        """The ids of all that somebody made and that is still there, in every region that was looked into."""
        with self.lock:
            self.states.apply_due()
            regions = self.account.regions()
            return tuple(each for name in sorted(regions) for each in regions[name].resource_ids()) + tuple(
                self.account.placement_groups.values()
            )

    def instances(self) -> "tuple[TrackedInstance, ...]":
        """Every instance that ever was, in its state now, by launch."""
        with self.lock:
            self.states.apply_due()
            return tuple(self.states.by_id.values())


def _server(middleware: Middleware, clock: Clock) -> "BaseWSGIServer":
    from werkzeug.serving import WSGIRequestHandler, make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    class Handler(WSGIRequestHandler):
        """Says nothing of requests."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing: the calls are counted."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The date of each answer, which is the account's."""
            return super().date_time_string(clock.now().timestamp() if timestamp is None else timestamp)

    return make_server("127.0.0.1", 0, middleware, threaded=True, request_handler=Handler)


def need_moto() -> None:
    """See whether moto and its server are there, without the seconds that importing them takes. Raises UsageError if not."""
    missing = [name for name in ("flask", "flask_cors", "moto", "werkzeug") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"a rehearsal needs {missing[0]}, which is not installed", "pip install 'orchestrate[rehearsal]'"
        )


def _make_moto_strict() -> None:
    os.environ[_NO_IMAGES] = "false"
    from moto import settings

    for switch in _STRICT:
        setattr(settings, switch, True)
