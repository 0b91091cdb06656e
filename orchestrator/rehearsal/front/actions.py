"""What each action does: EC2's manners where moto lacks them, moto's answer everywhere else. One at a time: moto knows no threads."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import RLock

from orchestrator.rehearsal.account import launch
from orchestrator.rehearsal.account.launch import Launched, Tokens
from orchestrator.rehearsal.account.lives import Life, Lives
from orchestrator.rehearsal.account.regions import Account, Region
from orchestrator.rehearsal.faults import Fault, Kind
from orchestrator.rehearsal.front.asked import Asked, listed
from orchestrator.rehearsal.front.backstage import Backstage
from orchestrator.rehearsal.front.replies import EC2_NAMESPACE, Refused, Reply, ec2, element
from orchestrator.rehearsal.market import parameters, prices, quotas
from orchestrator.rehearsal.market.reservations import Reservations

_RUN = "RunInstances"
_XMLNS = f"{{{EC2_NAMESPACE}}}"
_CHANGES = {"StartInstances", "StopInstances", "TerminateInstances"}
_OTHERS_KEY = (
    b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl somebody-else"
)
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8}([0-9a-f]{9})?")


class Actions:
    """The account at work.

    Args:
        account: its records.
        backstage: moto's answers.
        lives: the states of its instances.
        quota_values: in vCPUs, by the quota's name, for each region.
    """

    def __init__(
        self, account: Account, backstage: Backstage, lives: Lives, quota_values: dict[str, float]
    ) -> None:
        self.lock = RLock()
        """Held while anything of moto's is looked at or changed."""
        self._account = account
        self._backstage = backstage
        self._lives = lives
        self._quota_values = quota_values
        self._tokens = Tokens()
        self._reservations = Reservations(lives, lives.now)

    def place(self, asked: Asked) -> Asked:
        """The request with the zone that a RunInstances amounts to."""
        if asked.service != "ec2" or asked.action != _RUN:
            return asked
        with self.lock:
            return replace(asked, parameters=launch.placed(self._region(asked), asked.parameters))

    def answer(self, asked: Asked, fault: Fault | None) -> Reply:
        """Do what is asked.

        Raises:
            Refused: AWS would not.
        """
        with self.lock:
            if asked.service == "ec2":
                return self._ec2(asked, fault)
            if asked.service == "pricing":
                if asked.action != "GetProducts":
                    raise Refused("NotImplemented", f"the rehearsal has no {asked.action}", 501)
                return prices.get_products(asked)
            own: Mapping[str, Callable[[], Reply | None]] = {
                "GetParameter": lambda: parameters.get_parameter(asked),
                "GetParameters": lambda: parameters.get_parameters(asked),
                "ListServiceQuotas": lambda: quotas.list_service_quotas(asked, self._quota_values),
                "GetServiceQuota": lambda: quotas.get_service_quota(asked, self._quota_values),
            }
            reply = own[asked.action]() if asked.action in own else None
            return reply or self._backstage.ask(asked)

    def _ec2(self, asked: Asked, fault: Fault | None) -> Reply:
        region = self._region(asked)
        self._lives.settle()
        if asked.parameters.get("DryRun") == "true":
            raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        if asked.action == _RUN:
            return self._run(region, self.place(asked), fault)
        if asked.action in _CHANGES:
            return self._change(region, asked, fault)
        name = asked.parameters.get("KeyName", "")
        if fault is not None and fault.kind is Kind.NAME_TAKEN and name not in region.key_pairs:
            region.import_key_pair(name, _OTHERS_KEY, {})
        if asked.action == "DescribeSpotPriceHistory":
            return prices.describe_spot_price_history(asked)
        if asked.action == "GetConsoleOutput":
            return self._console(region, asked)
        own = self._reservations.answer(asked)
        done = own or self._backstage.ask(asked)
        return self._reservations.shown(done) if asked.action == "DescribeInstances" else done

    def _run(self, region: Region, asked: Asked, fault: Fault | None) -> Reply:
        given = asked.parameters
        known = self._tokens.seen(region.region_name, given)
        if known is not None:
            return self._shown(region, asked, known)
        count = launch.checked(region, given)
        if not self._reservations.check(region.region_name, given, count):
            quotas.check(self._quota_values, given, count, region.living())
        before = set(region.reservations)
        done = self._backstage.ask(asked, launch.for_moto(region, given, count))
        made = [held for id_, held in region.reservations.items() if id_ not in before]
        if done.status != 200 or not made:
            for held in made:  # moto keeps the empty reservation of a launch that failed
                region.reservations.pop(held.id)
            return done
        launch.finished(region, made[0], given)
        launched = self._tokens.keep(region.region_name, given, made[0])
        self._lives.born(region, made[0])
        self._reservations.launched(given, made[0])
        reply = self._shown(region, asked, launched)
        if fault is not None:
            self._lives.befall(region, made[0], fault)
        return reply

    def _shown(self, region: Region, asked: Asked, launched: Launched) -> Reply:
        """RunInstances' answer, which is a reservation as DescribeInstances shows it, in its state now."""
        with self._lives.visible(region, launched.reservation):
            ids = {f"InstanceId.{index}": id_ for index, id_ in enumerate(launched.instance_ids, start=1)}
            asking = {"Action": "DescribeInstances", "Version": asked.parameters.get("Version", ""), **ids}
            described = self._reservations.shown(self._backstage.ask(asked, asking))
        if described.status != 200:
            return described
        ET.register_namespace("", EC2_NAMESPACE)
        item = ET.fromstring(described.body).find(f"{_XMLNS}reservationSet/{_XMLNS}item")  # noqa: S314  moto's own
        inner = b"".join(ET.tostring(each) for each in item) if item is not None else b""
        return ec2(_RUN, inner.decode())

    def _change(self, region: Region, asked: Asked, fault: Fault | None) -> Reply:
        """Start, stop or terminate all of the instances, or none where one of them is refused."""
        lives = self._named(region, listed(asked.parameters, "InstanceId"))
        terminating = asked.action == "TerminateInstances"
        for life in lives:
            self._check_change(asked.action, life)
        before = {life.instance.id: (life.instance.state_code, life.instance.state) for life in lives}
        for life in lives:
            if terminating:
                self._lives.terminate(
                    life, lasts_s=fault.seconds if fault and fault.kind is Kind.ENDS_SLOWLY else None
                )
            elif asked.action == "StopInstances":
                self._lives.stop(life)
            else:
                self._lives.start(life)
        items = "".join(
            "<item>"
            + element("instanceId", life.instance.id)
            + _state("currentState", life.instance.state_code, life.instance.state)
            + _state("previousState", *before[life.instance.id])
            + "</item>"
            for life in lives
        )
        return ec2(asked.action, f"<instancesSet>{items}</instancesSet>")

    def _console(self, region: Region, asked: Asked) -> Reply:
        """moto's text; dated, as EC2's is, by the last change of the instance's state, after which it is posted."""
        (life,) = self._named(region, (asked.parameters.get("InstanceId", ""),))
        answer = ET.fromstring(self._backstage.ask(asked).body)  # noqa: S314  moto's own
        for stamp in answer.iter(f"{_XMLNS}timestamp"):
            stamp.text = f"{life.changed_at:%Y-%m-%dT%H:%M:%S.000Z}"
        ET.register_namespace("", EC2_NAMESPACE)
        return Reply(status=200, body=ET.tostring(answer))

    def _check_change(self, action: str, life: Life) -> None:
        instance = life.instance
        if action == "TerminateInstances":
            if instance.disable_api_termination in {True, "true"}:
                raise Refused(
                    "OperationNotPermitted",
                    f"The instance '{instance.id}' may not be terminated. Modify its 'disableApiTermination' instance"
                    " attribute and try again.",
                )
            return
        allowed = {"pending", "running", "stopped"} | ({"stopping"} if action == "StopInstances" else set())
        if instance.state not in allowed:
            verb = action.removesuffix("Instances").lower()
            raise Refused(
                "IncorrectInstanceState",
                f"The instance '{instance.id}' is not in a state from which it can be {verb}ed: {instance.state}",
            )
        if action == "StopInstances" and instance.lifecycle == "spot":
            raise Refused(
                "UnsupportedOperation",
                f"You can't stop the Spot Instance '{instance.id}' because it is associated with a one-time Spot Instance request.",
            )

    def _named(self, region: Region, ids: Iterable[str]) -> list[Life]:
        ids = tuple(ids)
        if not ids:
            raise Refused("MissingParameter", "The request must contain the parameter InstanceId")
        for each in ids:
            if not _INSTANCE_ID.fullmatch(each):
                raise Refused("InvalidInstanceID.Malformed", f'Invalid id: "{each}"')
        there = {each.id for held in region.reservations.values() for each in held.instances}
        unknown = [each for each in ids if each not in there]
        if unknown:
            several = len(unknown) > 1
            said = f"The instance ID{'s' if several else ''} '{', '.join(unknown)}' do{'' if several else 'es'} not exist"
            raise Refused("InvalidInstanceID.NotFound", said)
        return [self._lives.by_id[each] for each in ids]

    def _region(self, asked: Asked) -> Region:
        try:
            return self._account.region(asked.region)
        except KeyError as error:
            raise Refused("AuthFailure", f"there is no region {asked.region}", 401) from error


def _state(name: str, code: int, state: str) -> str:
    return f"<{name}>{element('code', str(code))}{element('name', state)}</{name}>"
