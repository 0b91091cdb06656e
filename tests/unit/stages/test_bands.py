"""The job and its judge hold the same figures to be right: they know nothing of each other, so the numbers stand twice."""

import pytest

from orchestrator.catalog.speeds import expectations, rates_of
from orchestrator.catalog.speeds.rates import FORMATS
from orchestrator.stages.certify.confirm import bands
from orchestrator.stages.certify.readings import health as judged_health
from orchestrator.stages.certify.readings import link
from workloads.cifar10 import judge as cifar10
from workloads.cifar10.data import archive
from workloads.fashion_mnist import bands as judge
from workloads.fashion_mnist import data
from workloads.gpu_burn.judges import watching
from workloads.gpu_burn.judges.speed import SPEED_JUDGED
from workloads.gpu_burn.rates import catalogue, found
from workloads.host import health
from workloads.known_answer import judge as known
from workloads.training import meter


def edges(band: bands.Band | known.Band) -> tuple[float, float]:
    return band.low, band.high


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (bands.FIRST_LOSS, judge.FIRST_LOSS),
        (bands.LAST_LOSS_LATER, judge.LAST_LOSS_LATER),
        (bands.TEST_ACCURACY, judge.HIGHEST_ACCURACY),
        (bands.GAP, judge.GAP),
    ],
)
def test_a_figure_has_the_same_band_in_the_job_and_at_its_judge(ours: bands.Band, theirs: known.Band) -> None:
    assert edges(ours) == edges(theirs)


@pytest.mark.parametrize(
    ("workload", "theirs"), [("fashion_mnist", known.FASHION_MNIST), ("cifar10", known.GENERATED)]
)
def test_a_known_answer_has_the_same_bands_in_the_job_and_at_its_judge(
    workload: str, theirs: known.Bands
) -> None:
    ours = bands.ANSWERS[workload]
    for name in ("first_loss", "last_loss", "training_accuracy", "test_accuracy"):
        assert edges(getattr(ours, name)) == edges(getattr(theirs, name))


def test_the_last_loss_has_the_same_band_for_each_number_of_epochs() -> None:
    assert {epochs: edges(band) for epochs, band in bands.LAST_LOSS.items()} == {
        epochs: edges(band) for epochs, band in judge.LAST_LOSS.items()
    }


def test_the_numbers_that_bands_rest_on_are_the_same() -> None:
    assert bands.LEAST_STEPS == judge.LEAST_STEPS
    assert bands.TRAINING_IMAGES == data.TRAINING_IMAGES
    assert bands.WARM_UP_BATCHES == meter.WARM_UP_BATCHES
    assert {file.name: file.sha256 for file in data.FILES} == bands.DATA
    assert set(archive.PUBLISHED.values()) == bands.CIFAR10
    assert watching.REPLAYS == link.REPLAYS_PER_MINUTE
    assert health.MOST_RETIRED_PAGES == judged_health.MOST_RETIRED_PAGES


def test_the_figures_of_cifar10_have_the_same_limits_in_the_job_and_in_the_table() -> None:
    rows = {row.figure: (row.least, row.most) for row in expectations() if row.workload == "cifar10"}
    assert rows["first_loss"] == edges(cifar10.FIRST_LOSS)
    assert rows["test_accuracy"] == edges(cifar10.HIGHEST_ACCURACY)
    assert rows["configurations.replica_difference"] == (0, cifar10.REPLICAS)


@pytest.mark.parametrize(
    "name",
    [
        *catalogue(),
        "NVIDIA H200",
        "NVIDIA A100-SXM4-40GB MIG 1g.5gb",
        "NVIDIA A30 MIG 1c.2g.12gb",
        "NVIDIA H100 80GB HBM3 MIG 1g.10gb+me",
    ],
)
def test_a_card_and_its_slices_have_the_same_rates_in_the_job_and_at_its_judge(name: str) -> None:
    ours, theirs = rates_of(name), found(name)
    assert ours is not None
    assert theirs is not None
    told = {each: rate for each, rate in theirs.tera.items() if each in FORMATS}
    assert ours.rates == told | {"bandwidth_gb_s": theirs.bandwidth_gb_s}
    assert (ours.power_w, ours.clock_mhz, ours.floor) == (theirs.power_w, theirs.clock_mhz, theirs.floor)


def test_the_formats_that_are_judged_are_the_same() -> None:
    assert FORMATS == SPEED_JUDGED
