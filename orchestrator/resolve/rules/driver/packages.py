"""Where the driver is to be had: packages of the distribution, or NVIDIA's; and which of several is taken."""

from collections.abc import Iterable, Sequence

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.names import version
from orchestrator.catalog.rows import DriverPackages, Gpu
from orchestrator.models import Confidence, Driver, Fact, Flavour, PackageSource
from orchestrator.resolve.rules.cards import capability
from orchestrator.resolve.rules.cuda.wheels import Need
from orchestrator.resolve.rules.driver import fabric
from orchestrator.resolve.rules.driver.branch import DriverOption, driver_options, drives, span
from orchestrator.resolve.rules.question import ContradictionError, Question, fact, listed, wish

LIVES = ("lts", "production", "feature", "ended", "legacy")
"""How a branch lives, the best first: long-term support before what is newest."""
PLACES = {PackageSource.DISTRO: "the distribution", PackageSource.NVIDIA_REPO: "NVIDIA's repository"}
OPEN_BY_DEFAULT_FROM = 560
"""From this branch on NVIDIA's installer takes the open modules where the card allows it (its README)."""


def choose(question: Question, needs: Sequence[Need]) -> tuple[Driver, tuple[Fact, ...]]:
    """The driver to install, and why this one.

    Raises:
        UnknownBranchError: the branch that is wished does not exist.
        ContradictionError: there is none that drives the cards, serves the libraries and is packaged.
    """
    possible = driver_options(question)
    for need in needs:
        _new_enough_at_all(question, possible, need)
    rows = packages_for(question, possible)
    for need in needs:
        rows = new_enough(question, rows, possible, need)
    switched = fabric.switched(question)
    with_fabric = [row for row in rows if fabric.complete(switched, row)]
    if switched and not with_fabric:
        raise ContradictionError(
            fabric.asked(question, switched), _there(question, rows, ", without the fabric manager")
        )
    best = min(with_fabric, key=lambda row: _preference(question.catalog, row))
    driver = Driver(
        branch=best.branch,
        flavour=best.flavour,
        source=best.origin,
        packages=(*best.packages, *fabric.packages(switched, best)),
        version=best.version,
        fabric_manager=switched is not None,
    )
    return driver, (*_why(question, best), *([fabric.asked(question, switched)] if switched else ()))


def packages_for(question: Question, possible: Iterable[DriverOption]) -> list[DriverPackages]:
    """The packages of these ways for the distribution and the host's CPU.

    Raises:
        ContradictionError: there are none.
    """
    wanted = {(option.branch.branch, option.flavour) for option in possible}
    here = [
        row
        for row in question.catalog.driver_packages
        if row.distribution == question.distribution.distribution
        and question.hardware.architecture in row.hosts
    ]
    rows = [row for row in here if (row.branch, row.flavour) in wanted]
    wished = question.wishes.source
    if wished and not any(row.origin == wished for row in rows):
        raise ContradictionError(
            wish(f"the driver is to come from {PLACES[PackageSource(wished)]}"),
            _there(
                question,
                rows or here,
                ", and no other for these cards" if rows else ", and none of them drives these cards",
            ),
            whatever_release=True,
        )
    rows = [row for row in rows if wished in ("", row.origin)]
    if not rows:
        raise ContradictionError(
            _first(question),
            _there(question, here, ", and none of them drives these cards"),
            whatever_release=True,
        )
    return rows


def first_facts(question: Question) -> tuple[Fact, ...]:
    """What is known of the cards whatever TensorFlow is taken: what they are, what drives them, and what of it is packaged."""
    known = [capability(card) for card in question.cards]
    known += [span(question, card) for card in question.cards if drives(question, card)]
    here = [
        row
        for row in question.catalog.driver_packages
        if row.distribution == question.distribution.distribution
    ]
    return (*known, *([_there(question, here, "")] if known else ()))


def _new_enough_at_all(question: Question, possible: Iterable[DriverOption], need: Need) -> None:
    """The branch that is wished reaches what the libraries need, whoever packages it. Raises ContradictionError."""
    if question.wishes.driver and all(
        version(option.branch.newest_version) < version(need.version) for option in possible
    ):
        raise ContradictionError(_first(question), need.fact)


def new_enough(
    question: Question, rows: list[DriverPackages], possible: Iterable[DriverOption], need: Need
) -> list[DriverPackages]:
    """Those whose version has what the libraries need.

    Raises:
        ContradictionError: none has.
    """
    kept = [row for row in rows if version(row.version) >= version(need.version)]
    if kept:
        return kept
    if any(version(option.branch.newest_version) >= version(need.version) for option in possible):
        raise ContradictionError(_there(question, rows, ", and nothing newer for these cards"), need.fact)
    raise ContradictionError(_first(question), need.fact)


def driver_order(catalog: Catalog, distribution: str) -> list[DriverPackages]:
    """All drivers that there are for a distribution, the best first."""
    rows = (row for row in catalog.driver_packages if row.distribution == distribution)
    return sorted(rows, key=lambda row: _preference(catalog, row))


def _preference(catalog: Catalog, row: DriverPackages) -> tuple[object, ...]:
    """The distribution's own first, then by how long the branch lives, then the newest, then in its usual flavour."""
    branch = catalog.branch(row.branch)
    life = LIVES.index(branch.life) if branch else len(LIVES)
    usual = Flavour.OPEN if int(row.branch) >= OPEN_BY_DEFAULT_FROM else Flavour.PROPRIETARY
    return row.origin is PackageSource.NVIDIA_REPO, life, -int(row.branch), row.flavour is not usual


def _why(question: Question, row: DriverPackages) -> Iterable[Fact]:
    for card in question.cards:
        yield span(question, card)
        yield from _unread(question, card, row)
    place = question.distribution.label if row.origin is PackageSource.DISTRO else "NVIDIA's repository"
    yield fact(f"{place} has {row.version} of branch {row.branch} with {row.flavour} modules", row)
    branch = question.catalog.branch(row.branch)
    if branch and branch.life == "lts":
        ends = f" until {branch.ends}" if branch.ends else ""
        yield fact(f"branch {branch.branch} has long-term support{ends}", branch)


def _unread(question: Question, card: Gpu, row: DriverPackages) -> Iterable[Fact]:
    """That the card is known to the branch is assumed where nobody read it, or where it depends on an id that nobody said."""
    if not question.catalog.is_branch_read(card):
        yield Fact(
            statement=f"which driver was the first that knows {card.gpu} was not read: that {row.branch} does is assumed",
            source=card.source,
            confidence=Confidence.LOW,
        )
        return
    later = [
        device
        for device in question.catalog.devices_of(card)
        if device.first_branch_read and int(device.first_branch) > int(row.branch)
    ]
    if later:
        first = max(later, key=lambda device: int(device.first_branch))
        yield Fact(
            statement=f"which {card.gpu} it is was not read: one with the id 10de:{first.device_id} is known to drivers from"
            f" {first.first_branch} on, and this is {row.branch}",
            source=first.source,
            confidence=Confidence.LOW,
        )


def _first(question: Question) -> Fact:
    """What the choice of a branch begins with: the user's, or what the oldest card allows."""
    wished = question.wishes.driver
    branch = question.catalog.branch(wished)
    if branch:
        return fact(f"driver {wished} is wished, which ends with {branch.newest_version}", branch)
    return span(question, min(question.cards, key=lambda card: int(drives(question, card)[-1].branch.branch)))


def _there(question: Question, rows: Sequence[DriverPackages], but: str) -> Fact:
    """Which branches there are."""
    label = question.distribution.label
    places = []
    for origin, place in (
        (PackageSource.DISTRO, f"{label} packages"),
        (PackageSource.NVIDIA_REPO, f"NVIDIA's repository for {label} has"),
    ):
        branches = dict.fromkeys(row.branch for row in rows if row.origin is origin)
        if branches:
            places.append(f"{place} driver {listed(branches)}")
    if not places:
        return fact(
            f"no driver is packaged for {label} on {question.hardware.architecture}", question.distribution
        )
    return fact(f"{'; '.join(places)}{but}", question.distribution, *rows)
