"""An EC2 type as hardware, or why it cannot be had. Asks nobody: it is the catalog's word, not that of AWS."""

from collections.abc import Iterator
from itertools import islice

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.rows import Ec2Type
from orchestrator.models import Alternative, Builder, Fact, Hardware, Refusal, Wishes
from orchestrator.resolve.alternatives.variation import in_words, variation, works
from orchestrator.resolve.attempt import ask
from orchestrator.resolve.rules.question import Question, fact, wish

NEAREST = 3


def cards_of(instance_type: str, distribution: str, catalog: Catalog) -> Hardware:
    """What hosts of this type have, or had, whether or not it can still be had.

    Raises:
        UnknownInstanceTypeError: the catalog knows of no such type.
    """
    row = catalog.ec2_type(instance_type)
    return Hardware(
        gpus=(row.gpu,) * row.gpu_count if row.gpu else (), distribution=distribution, architecture=row.host
    )


def hardware_of(
    instance_type: str, distribution: str, wishes: Wishes, builder: Builder, catalog: Catalog
) -> Hardware | Refusal:
    """What hosts of this type have; refused where it is retired or has no whole NVIDIA card with enough memory.

    Raises:
        UnknownInstanceTypeError: the catalog knows of no such type.
    """
    row = catalog.ec2_type(instance_type)
    hardware = cards_of(instance_type, distribution, catalog)
    why = _why_not(row, wishes)
    if why is None:
        return hardware
    question = ask(hardware, wishes, builder, catalog)
    nearest = islice(_nearest_types(question, row), NEAREST)
    return Refusal(
        hardware=hardware,
        wishes=wishes,
        contradiction=why,
        facts=(),
        alternatives=(*nearest, *_same_card(question, row)),
    )


def about(instance_type: str, catalog: Catalog) -> tuple[Fact, ...]:
    """What there is to know of a type beside its cards: that it is retired, on its way out, or a fraction of a card.

    Raises:
        UnknownInstanceTypeError: the catalog knows of no such type.
    """
    row = catalog.ec2_type(instance_type)
    if row.status == "retired":
        return (_retired(row),)
    return (fact(f"{row.instance_type}: {row.note}", row),) if row.note else ()


def _why_not(row: Ec2Type, wishes: Wishes) -> tuple[Fact, Fact] | None:
    if row.vendor != "NVIDIA":
        gone = f"; AWS retired it by {row.retired}" if row.status == "retired" else ""
        return wish("the GPU is to be used through CUDA"), fact(
            f"{row.instance_type} has a GPU of {row.vendor}, which CUDA does not know{gone}", row
        )
    if row.status == "retired":
        return wish(f"{row.instance_type} is asked for"), _retired(row)
    if not row.gpu_count:
        return wish(f"{row.instance_type} is asked for"), fact(
            f"how many GPUs {row.instance_type} has is not known", row
        )
    if row.gpu_share != "1":
        return wish("the card is to be driven by a driver that everybody can install"), fact(
            f"{row.instance_type} has {row.gpu_share} of a {row.gpu}, and a fraction takes NVIDIA's GRID driver for EC2",
            row,
        )
    if row.gpu_memory_mib < wishes.gpu_memory_mib:
        has = fact(f"each GPU of {row.instance_type} has {row.gpu_memory_mib} MiB", row)
        return wish(f"a job needs {wishes.gpu_memory_mib} MiB on one card"), has
    return None


def _retired(row: Ec2Type) -> Fact:
    return fact(f"AWS retired {row.instance_type} by {row.retired}: {row.note}", row)


def _nearest_types(question: Question, row: Ec2Type) -> Iterator[Alternative]:
    """Types that are offered and work, of each card the cheapest that has as many; the nearest in memory first."""
    needed = max(_memory(question, row), question.wishes.gpu_memory_mib)

    def distance(each: Ec2Type) -> tuple[float, ...]:
        more = abs(each.gpu_memory_mib - needed)
        return each.gpu_memory_mib < needed, more, abs(each.gpu_count - row.gpu_count), each.usd_per_hour

    kinds: set[str] = set()
    for each in sorted(_offered(question), key=distance):
        if each.gpu in kinds:
            continue
        kinds.add(each.gpu)
        hardware = cards_of(each.instance_type, question.hardware.distribution, question.catalog)
        stack = works(question, variation(question, (), hardware=hardware))
        if stack:
            yield Alternative(
                change=f"{each.instance_type} ({each.gpu_count} x {each.gpu}, {each.gpu_memory_mib} MiB each,"
                f" {each.usd_per_hour} USD an hour): {in_words(stack)}",
                options=("--instance-type", each.instance_type),
            )


def _offered(question: Question) -> Iterator[Ec2Type]:
    """Types that can be had now, with whole cards and a known price."""
    for each in question.catalog.ec2_types:
        if (
            each.status in ("current", "previous")
            and each.gpu_share == "1"
            and each.gpu_count
            and each.usd_per_hour
        ):
            yield each


def _memory(question: Question, row: Ec2Type) -> int:
    return row.gpu_memory_mib or (question.catalog.gpu(row.gpu).memory_mib if row.gpu else 0)


def _same_card(question: Question, row: Ec2Type) -> Iterator[Alternative]:
    """The card itself, where it stands somewhere else."""
    stack = works(question, variation(question, ())) if row.gpu_count and row.gpu else None
    if stack:
        options = tuple(word for name in question.hardware.gpus for word in ("--gpu", name))
        yield Alternative(change=f"{row.gpu} in a host of one's own: {in_words(stack)}", options=options)
