"""Apply the roles where they have something to do, and remember what they left. Everything else about them is Ansible's."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import FLEET_GROUP, ConvergeResult, Host, HostRecap, Plan
from orchestrator.progress import Progress
from orchestrator.stages.converge.drift import STANDS_FOR, Baseline, Inputs, drifted, inputs_of, read_states
from orchestrator.stages.converge.play import Play, ansible_environment, converge

_BASELINE = "baseline"
"""Of the journal: what the last full run left."""
_MOST_NAMED = 4


class RoleRunner:
    """Applies the roles of one fleet.

    Args:
        journal: its memory.
        progress: told what happens.
        key: the fleet's private key; it need not be there yet. None for hosts that the user's own keys open.
    """

    def __init__(self, journal: Journal, progress: Progress, key: Path | None) -> None:
        self._journal = journal
        self._progress = progress
        self._key = key

    def apply(
        self, planned: Plan, hosts: tuple[Host, ...], inventories: tuple[Path, ...], *, full: bool
    ) -> ConvergeResult:
        """Apply them to every host that is not as their last run left it. Changes that they make void the certificate.

        Args:
            planned: which roles.
            hosts: all of the fleet.
            inventories: what Ansible reads.
            full: apply them to every host, whatever it is like.

        Raises:
            ConvergeError: a task failed.
            UnreachableError: a host went away.
        """
        inputs = inputs_of(planned.roles, inventories, ansible_environment(self._journal.folder, inventories))
        earlier = self._journal.load("converge", ConvergeResult)
        baseline = None if full or earlier is None else self._baseline(inputs)
        due = hosts if baseline is None or inputs is None else self._due(baseline, inputs, hosts)
        if due and planned.cluster:
            # Each host of a cluster has on record where the others are.
            due = hosts
        left = tuple(host for host in hosts if host not in due)
        if earlier is not None and not due:
            return replace(earlier, recaps=_untouched(hosts), unchanged=_names(hosts))
        self._journal.discard("converge")
        self._journal.discard(_BASELINE)
        play = Play(
            roles=planned.roles, inventories=inventories, limit=_names(due) if left else (FLEET_GROUP,)
        )
        done = converge(play, self._journal, self._progress)
        recaps = sorted((*done.recaps, *_untouched(left)), key=lambda recap: recap.host)
        converged = replace(done, recaps=tuple(recaps), unchanged=_names(left))
        if converged.changed:
            self._journal.discard("certificate")
        self._journal.save("converge", converged)
        if inputs is not None:
            self._remember(inputs, due, baseline if left else None)
        return converged

    def _baseline(self, inputs: Inputs | None) -> Baseline | None:
        """What the last full run left, where it was given the same and is not long ago."""
        baseline = self._journal.load(_BASELINE, Baseline)
        if baseline is None or inputs is None or baseline.inputs != inputs.digest:
            return None
        return baseline if datetime.now(UTC) - baseline.taken_at < STANDS_FOR else None

    def _due(self, baseline: Baseline, inputs: Inputs, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
        try:
            found = drifted(baseline, read_states(hosts, self._key, inputs.folders))
        except OrchestrateError as error:
            self._progress.note(f"all roles are applied: {error.cause}")
            return hosts
        for host, sections in found.items():
            named = ", ".join(sections[:_MOST_NAMED]) + (", …" if len(sections) > _MOST_NAMED else "")
            self._progress.note(f"{host}: changed since the roles were applied: {named}")
        return tuple(host for host in hosts if host.name in found)

    def _remember(self, inputs: Inputs, applied: tuple[Host, ...], earlier: Baseline | None) -> None:
        """What was just applied, beside what still stands of `earlier`. A host that cannot say what stands there has its roles
        applied again the next time, which says why."""
        with suppress(OrchestrateError):
            states = read_states(applied, self._key, inputs.folders)
            taken_at = earlier.taken_at if earlier else datetime.now(UTC)
            whole = {**(earlier.states if earlier else {}), **states}
            self._journal.save(_BASELINE, Baseline(inputs=inputs.digest, taken_at=taken_at, states=whole))


def _names(hosts: tuple[Host, ...]) -> tuple[str, ...]:
    return tuple(host.name for host in hosts)


def _untouched(hosts: tuple[Host, ...]) -> tuple[HostRecap, ...]:
    return tuple(HostRecap(host=host.name, ok=0, changed=0, failed=0, unreachable=0) for host in hosts)
