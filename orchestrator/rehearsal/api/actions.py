"""What each action does: EC2's rules where moto lacks them, moto's answer everywhere else. One at a time: moto knows no threads."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import RLock

from orchestrator.rehearsal.account import launch
from orchestrator.rehearsal.account.instance_states import InstanceStates, TrackedInstance
from orchestrator.rehearsal.account.launch import Launched, Tokens
from orchestrator.rehearsal.account.regions import Account, Region
from orchestrator.rehearsal.api.moto_app import MotoApp
from orchestrator.rehearsal.api.replies import EC2_NAMESPACE, Refused, Reply, ec2, element
from orchestrator.rehearsal.api.request import ApiRequest, listed
from orchestrator.rehearsal.faults import Fault, Kind
from orchestrator.rehearsal.market import parameters, prices, quotas
from orchestrator.rehearsal.market.placement_groups import PlacementGroups
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
        moto_app: moto's answers.
        states: the states of its instances.
        quota_values: in vCPUs, by the quota's name, for each region.
    """

    def __init__(
        self, account: Account, moto_app: MotoApp, states: InstanceStates, quota_values: dict[str, float]
    ) -> None:
        self.lock = RLock()
        """Held while anything of moto's is looked at or changed."""
        self._account = account
        self._moto_app = moto_app
        self._lives = states
        self._quota_values = quota_values
        self._tokens = Tokens()
        self._reservations = Reservations(states, states.now)
        self._placement_groups = PlacementGroups(account)

    def place(self, request: ApiRequest) -> ApiRequest:
        """The request with the zone that a RunInstances amounts to."""
        if request.service != "ec2" or request.action != _RUN:
            return request
        with self.lock:
            return replace(request, parameters=launch.with_zone(self._region(request), request.parameters))

    def answer(self, request: ApiRequest, fault: Fault | None) -> Reply:
        """Do what is asked.

        Raises:
            Refused: AWS would not.
        """
        with self.lock:
            if request.service == "ec2":
                return self._ec2(request, fault)
            if request.service == "pricing":
                if request.action != "GetProducts":
                    raise Refused("NotImplemented", f"the rehearsal has no {request.action}", 501)
                return prices.get_products(request)
            own: Mapping[str, Callable[[], Reply | None]] = {
                "GetParameter": lambda: parameters.get_parameter(request),
                "GetParameters": lambda: parameters.get_parameters(request),
                "ListServiceQuotas": lambda: quotas.list_service_quotas(request, self._quota_values),
                "GetServiceQuota": lambda: quotas.get_service_quota(request, self._quota_values),
            }
            reply = own[request.action]() if request.action in own else None
            return reply or self._moto_app.ask(request)

    def _ec2(self, request: ApiRequest, fault: Fault | None) -> Reply:
        region = self._region(request)
        self._lives.apply_due()
        if request.parameters.get("DryRun") == "true":
            raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        if request.action == _RUN:
            return self._run(region, self.place(request), fault)
        if request.action in _CHANGES:
            return self._change(region, request, fault)
        name = request.parameters.get("KeyName", "")
        if fault is not None and fault.kind is Kind.NAME_TAKEN and name not in region.key_pairs:
            region.import_key_pair(name, _OTHERS_KEY, {})
        if request.action == "DescribeSpotPriceHistory":
            return prices.describe_spot_price_history(request)
        if request.action == "AssociateIamInstanceProfile":
            (tracked,) = self._named(region, (request.parameters.get("InstanceId", ""),))
            if tracked.instance.state not in {"running", "stopped"}:
                raise Refused("IncorrectState", f"{tracked.instance.id} is {tracked.instance.state}")
        if request.action == "GetConsoleOutput":
            return self._console(region, request)
        own = self._reservations.answer(request) or self._placement_groups.answer(request)
        done = own or self._moto_app.ask(request)
        return self._reservations.shown(done) if request.action == "DescribeInstances" else done

    def _run(self, region: Region, request: ApiRequest, fault: Fault | None) -> Reply:
        given = request.parameters
        known = self._tokens.seen(region.region_name, given)
        if known is not None:
            return self._shown(region, request, known)
        count = launch.check_request(region, given)
        if not self._reservations.check(region.region_name, given, count):
            quotas.check(self._quota_values, given, count, region.living())
        self._placement_groups.check(region, given)
        before = set(region.reservations)
        done = self._moto_app.ask(request, launch.for_moto(region, given, count))
        made = [held for id_, held in region.reservations.items() if id_ not in before]
        if done.status != 200 or not made:
            for held in made:  # moto keeps the empty reservation of a launch that failed
                region.reservations.pop(held.id)
            return done
        launch.complete_instances(region, made[0], given)
        launched = self._tokens.keep(region.region_name, given, made[0])
        self._lives.add_pending(region, made[0])
        self._reservations.launched(given, made[0])
        self._placement_groups.launched(given, made[0])
        reply = self._shown(region, request, launched)
        if fault is not None:
            self._lives.apply_fault(region, made[0], fault)
        return reply

    def _shown(self, region: Region, request: ApiRequest, launched: Launched) -> Reply:
        """RunInstances' answer, which is a reservation as DescribeInstances shows it, in its state now."""
        with self._lives.visible(region, launched.reservation):
            ids = {f"InstanceId.{index}": id_ for index, id_ in enumerate(launched.instance_ids, start=1)}
            asking = {"Action": "DescribeInstances", "Version": request.parameters.get("Version", ""), **ids}
            described = self._reservations.shown(self._moto_app.ask(request, asking))
        if described.status != 200:
            return described
        ET.register_namespace("", EC2_NAMESPACE)
        item = ET.fromstring(described.body).find(f"{_XMLNS}reservationSet/{_XMLNS}item")  # noqa: S314  moto's own
        inner = b"".join(ET.tostring(each) for each in item) if item is not None else b""
        return ec2(_RUN, inner.decode())

    def _change(self, region: Region, request: ApiRequest, fault: Fault | None) -> Reply:
        """Start, stop or terminate all of the instances, or none where one of them is refused."""
        states = self._named(region, listed(request.parameters, "InstanceId"))
        terminating = request.action == "TerminateInstances"
        for tracked in states:
            self._check_change(request.action, tracked)
        before = {
            tracked.instance.id: (tracked.instance.state_code, tracked.instance.state) for tracked in states
        }
        for tracked in states:
            if terminating:
                self._lives.terminate(
                    tracked, lasts_s=fault.seconds if fault and fault.kind is Kind.ENDS_SLOWLY else None
                )
            elif request.action == "StopInstances":
                self._lives.stop(tracked)
            else:
                self._lives.start(tracked)
        items = "".join(
            "<item>"
            + element("instanceId", tracked.instance.id)
            + _state("currentState", tracked.instance.state_code, tracked.instance.state)
            + _state("previousState", *before[tracked.instance.id])
            + "</item>"
            for tracked in states
        )
        return ec2(request.action, f"<instancesSet>{items}</instancesSet>")

    def _console(self, region: Region, request: ApiRequest) -> Reply:
        """moto's text; dated, as EC2's is, by the last change of the instance's state, after which it is posted."""
        (tracked,) = self._named(region, (request.parameters.get("InstanceId", ""),))
        answer = ET.fromstring(self._moto_app.ask(request).body)  # noqa: S314  moto's own
        for stamp in answer.iter(f"{_XMLNS}timestamp"):
            stamp.text = f"{tracked.changed_at:%Y-%m-%dT%H:%M:%S.000Z}"
        ET.register_namespace("", EC2_NAMESPACE)
        return Reply(status=200, body=ET.tostring(answer))

    def _check_change(self, action: str, tracked: TrackedInstance) -> None:
        instance = tracked.instance
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

    def _named(self, region: Region, ids: Iterable[str]) -> list[TrackedInstance]:
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

    def _region(self, request: ApiRequest) -> Region:
        try:
            return self._account.region(request.region)
        except KeyError as error:
            raise Refused("AuthFailure", f"there is no region {request.region}", 401) from error


def _state(name: str, code: int, state: str) -> str:
    return f"<{name}>{element('code', str(code))}{element('name', state)}</{name}>"
