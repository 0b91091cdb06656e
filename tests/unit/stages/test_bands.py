"""The job and its judge hold the same figures to be right: they know nothing of each other, so the numbers stand twice."""

import pytest

from orchestrator.stages.certify.confirm import bands
from workloads.known_answer import judge as known
from workloads.training import data, judge, meter


def edges(band: bands.Band | known.Band) -> tuple[float, float]:
    return band.low, band.high


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (bands.FIRST_LOSS, judge.FIRST_LOSS),
        (bands.LAST_LOSS_LATER, judge.LAST_LOSS_LATER),
        (bands.TEST_ACCURACY, judge.HIGHEST_ACCURACY),
        (bands.GAP, judge.GAP),
        (bands.ANSWER_FIRST_LOSS, known.FIRST_LOSS),
        (bands.ANSWER_LAST_LOSS, known.LAST_LOSS),
        (bands.ANSWER_TRAINING_ACCURACY, known.TRAINING_ACCURACY),
        (bands.ANSWER_TEST_ACCURACY, known.TEST_ACCURACY),
    ],
)
def test_a_figure_has_the_same_band_in_the_job_and_at_its_judge(ours: bands.Band, theirs: known.Band) -> None:
    assert edges(ours) == edges(theirs)


def test_the_last_loss_has_the_same_band_for_each_number_of_epochs() -> None:
    assert {epochs: edges(band) for epochs, band in bands.LAST_LOSS.items()} == {
        epochs: edges(band) for epochs, band in judge.LAST_LOSS.items()
    }


def test_the_numbers_that_bands_rest_on_are_the_same() -> None:
    assert bands.LEAST_STEPS == judge.LEAST_STEPS
    assert bands.TRAINING_IMAGES == data.TRAINING_IMAGES
    assert bands.WARM_UP_BATCHES == meter.WARM_UP_BATCHES
    assert {file.name: file.sha256 for file in data.FILES} == bands.DATA
