"""Start what sleeps and take away what is beyond help, all of a region in one call. Launches nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from orchestrator.errors import CapacityError, ProviderError
from orchestrator.models import Host, HostState
from orchestrator.providers.aws.census import Seen
from orchestrator.providers.aws.cloud import Aws, asked
from orchestrator.providers.aws.codes import WrongStateError
from orchestrator.providers.aws.launch.calls import Patience
from orchestrator.providers.aws.refusals import same_again_may_do
from orchestrator.waiting import DeadlineError, NotYet, for_each, wait_for


def wake(aws: Aws, asleep: Iterable[Seen], patience: Patience) -> tuple[Host, ...]:
    """Start hosts that are stopped, or about to be; return them as pending, with an address yet to come.

    Raises:
        CapacityError: a stopped host can only start in its own zone, and that has no room.
        ProviderError: EC2 refused, or a host did not stop in time.
    """

    def within(region: str, ids: list[str]) -> None:
        def probe() -> bool | NotYet:
            try:
                with asked(f"the start of {', '.join(ids)}"):
                    aws.ec2(region).start_instances(InstanceIds=ids)
            except CapacityError as error:
                raise CapacityError(
                    f"{error.cause}; a stopped host can only start where it is",
                    "orchestrate up, later; or orchestrate down, then orchestrate up somewhere else",
                ) from error
            except ProviderError as error:
                if isinstance(error, WrongStateError) or same_again_may_do(error):
                    return NotYet(error.cause)
                raise
            return True

        try:
            wait_for("start", probe, timeout_s=patience.halt_s, interval_s=patience.step_s)
        except DeadlineError as error:
            raise ProviderError(error.seen, "orchestrate status, then orchestrate up") from error

    asleep = tuple(asleep)
    _by_region(asleep, within)
    return tuple(replace(seen.host, state=HostState.PENDING, address="") for seen in asleep)


def clear(aws: Aws, broken: Iterable[Seen]) -> None:
    """Terminate hosts; they need not be gone when this returns. Raises ProviderError."""

    def within(region: str, ids: list[str]) -> None:
        with asked(f"the end of {', '.join(ids)}"):
            aws.ec2(region).terminate_instances(InstanceIds=ids)

    _by_region(tuple(broken), within)


def _by_region(several: tuple[Seen, ...], act: Callable[[str, list[str]], None]) -> None:
    ids: dict[str, list[str]] = {}
    for seen in several:
        ids.setdefault(seen.region, []).append(seen.host.provider_id)
    for_each(tuple(ids), lambda region: act(region, ids[region]))
