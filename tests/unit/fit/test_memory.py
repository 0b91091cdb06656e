"""What lies in memory when it is most, the largest batch, and when an answer is no more than `close`."""

from dataclasses import replace

import pytest

from orchestrator.catalog import load
from orchestrator.errors import UsageError
from orchestrator.fit.memory.estimate import largest_batch, parts, total, workload_of, workload_of_figures
from orchestrator.fit.memory.market import fitting_cards, fitting_types
from orchestrator.fit.memory.optimizers import OPTIMIZERS, optimizer
from orchestrator.fit.memory.passes import moments
from orchestrator.fit.memory.retention import retention
from orchestrator.fit.memory.room import MIB, Settings, room
from orchestrator.fit.memory.verdict import Training, Verdict, answer
from orchestrator.fit.model.description import Layer, Model
from orchestrator.models import Framework
from tests.unit.fit.builders import dense, entry, saved, workload

CATALOG = load()


def test_wide_layers_cost_weights_gradients_and_the_optimizer_s_state() -> None:
    wide = workload(entry(1000), dense(1000, 1000, 0), dense(1000, 1000, 1))
    by_name = {part.name: part.bytes for part in parts(wide, optimizer("adam"), 1)}
    assert by_name["weights"] == by_name["gradients"] == 4 * 2 * 1_001_000
    assert by_name["optimizer"] == 2 * by_name["weights"]
    assert (
        total(wide, optimizer("sgd"), 1)
        < total(wide, optimizer("momentum"), 1)
        < total(wide, optimizer("adam"), 1)
    )


def test_what_a_dense_layer_took_is_kept_and_what_no_gradient_needs_is_not() -> None:
    model = Model(name="m", layers=(entry(100), dense(50, 100, 0), dense(50, 50, 1), dense(50, 50, 2)))
    most = max(moment.activations for moment in moments(model))
    assert most == 4 * (100 + 50 + 50)  # the input and what the last two took; not what the last makes


def test_relu_keeps_what_it_made_and_gelu_three_more() -> None:
    def kept(activation: str) -> int:
        model = Model(
            name="m", layers=(entry(100), dense(50, 100, 0, activation=activation), dense(1, 50, 1))
        )
        return max(moment.activations for moment in moments(model))

    assert kept("relu") == kept("linear") == 4 * (100 + 50)
    assert kept("gelu") == 4 * (100 + 50 + 3 * 50)


def test_batch_normalization_keeps_its_input_beside_what_the_next_layer_took() -> None:
    def most(*between: Layer) -> int:
        layers = (entry(100), dense(50, 100, 0), *between, dense(1, 50, len(between) + 1))
        return max(moment.activations for moment in moments(Model(name="m", layers=layers)))

    norm = Layer(
        name="bn", kind="BatchNormalization", sources=(1,), inputs=((50,),), output=(50,), parameters=100
    )
    relu = Layer(name="relu", kind="ReLU", sources=(2,), inputs=((50,),), output=(50,), activation="relu")
    assert most(norm, relu) == most() + 4 * 50
    assert most(replace(norm, frozen=True, parameters=0), relu) == most()


def test_layers_below_the_first_trained_one_have_no_backward_pass() -> None:
    frozen = replace(dense(500, 100, 0), frozen=True, parameters=0)
    trained = Model(name="m", layers=(entry(100), dense(500, 100, 0), dense(1, 500, 1)))
    headed = Model(name="m", layers=(entry(100), frozen, dense(1, 500, 1)))
    assert {moment.layer for moment in moments(headed) if moment.gradients} == {"dense_2"}
    assert max(moment.activations for moment in moments(headed)) < max(
        moment.activations for moment in moments(trained)
    )


def test_a_frozen_model_below_keeps_nothing_for_a_gradient_that_does_not_go_through_it() -> None:
    frozen = replace(dense(500, 100, 0, activation="relu"), frozen=True, parameters=0)
    headed = Model(name="m", layers=(entry(100), frozen, dense(1, 500, 1)))
    below = replace(
        headed, layers=(*headed.layers[:1], replace(frozen, activation="linear"), headed.layers[2])
    )
    assert moments(headed) == moments(below)
    assert max(moment.activations for moment in moments(headed)) == 500 * 4, "what the last layer took"


def test_a_second_input_does_not_hide_the_backward_pass_of_the_branch_before_it() -> None:
    joined = Layer(name="joined", kind="Add", sources=(1, 3), inputs=((50,), (50,)), output=(50,))
    first, second = dense(50, 100, 0), replace(dense(50, 100, 2), name="second")
    layers = (entry(100), first, entry(100), second, joined, dense(1, 50, 4))
    found = [moment for moment in moments(Model(name="m", layers=layers)) if moment.gradients]
    assert [moment.layer for moment in found] == ["dense_5", "joined", "second", "dense_1"]
    assert found[-1].gradients == 4 * sum(layer.parameters for layer in layers)


def test_a_further_call_of_a_trained_layer_has_a_gradient_too() -> None:
    again = replace(dense(500, 100, 0), parameters=0, largest=0, again=True)
    found = moments(Model(name="m", layers=(entry(100), again, dense(1, 500, 1))))
    assert {moment.layer for moment in found if moment.gradients} == {"dense_1", "dense_2"}


def test_attention_grows_with_the_square_of_the_sequence() -> None:
    def attention(length: int) -> int:
        layer = Layer(
            name="a",
            kind="MultiHeadAttention",
            sources=(0,),
            inputs=((length, 64),),
            output=(length, 64),
            parameters=1,
            heads=8,
            head_size=8,
        )
        first = Layer(name="input", kind="InputLayer", sources=(), inputs=(), output=(length, 64))
        return max(moment.activations for moment in moments(Model(name="m", layers=(first, layer))))

    assert 3.5 < attention(4096) / attention(2048) < 4.1


@pytest.mark.parametrize("kind", ["MultiHeadAttention", "GroupQueryAttention"])
def test_attention_keeps_its_scores_twice_and_with_dropout_a_mask_beside(kind: str) -> None:
    layer = Layer(
        name="a",
        kind=kind,
        sources=(0,),
        inputs=((32, 64),),
        output=(32, 64),
        parameters=1,
        heads=8,
        head_size=8,
    )
    scores, projected = 8 * 32 * 32, 4 * 32 * 64
    assert retention(layer).kept == 4 * (2 * scores + projected)
    assert retention(replace(layer, rate=0.1)).kept == 4 * (2 * scores + projected) + scores


@pytest.mark.parametrize(("kind", "vectors"), [("LSTM", 7), ("GRU", 6), ("SimpleRNN", 1)])
def test_a_recurrent_layer_keeps_its_gates_and_states_of_each_step(kind: str, vectors: int) -> None:
    layer = Layer(name="r", kind=kind, sources=(0,), inputs=((20, 8),), output=(16,), parameters=1, units=16)
    assert retention(layer).kept == 4 * (20 * 16 * vectors + 20 * 8)


@pytest.mark.parametrize(
    ("kind", "tensors"), [("LayerNormalization", 1), ("RMSNormalization", 1), ("BatchNormalization", 0)]
)
def test_normalizations_of_an_example_keep_a_tensor_more_than_those_of_a_batch(
    kind: str, tensors: int
) -> None:
    layer = Layer(name="n", kind=kind, sources=(0,), inputs=((50,),), output=(50,), parameters=100)
    assert retention(layer).kept == 4 * 50 * tensors


def test_weights_are_updated_while_the_backward_pass_still_runs() -> None:
    model = workload(entry(10), dense(5000, 10, 0), dense(100, 5000, 1), dense(1, 100, 2))
    by_name = {part.name: part.bytes for part in parts(model, optimizer("adam"), 10_000)}
    assert (
        by_name["updates"] == 2 * 4 * 100
    )  # of the last layer, while the gradients of the one before are computed


@pytest.mark.parametrize("name", ["mlp", "cnn", "residual", "transformer", "lstm", "sequential"])
def test_the_largest_batch_fits_and_one_more_does_not(name: str) -> None:
    of_model, adam, space = workload_of(saved(name)), optimizer("adam"), 2 * 2**30
    most = largest_batch(of_model, adam, space)
    assert total(of_model, adam, most) <= space < total(of_model, adam, most + 1)
    assert largest_batch(of_model, adam, 2**10) == 0


def test_an_unknown_optimizer_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UsageError, match="no optimizer is known as 'adm'") as caught:
        optimizer("adm")
    assert set(OPTIMIZERS) == {name.strip() for name in caught.value.hint.removeprefix("one of ").split(",")}


SEEN_BY_TENSORFLOW = {
    "T4": 13_757,
    "V100": 14_684,
    "A100 40GB": 38_341,
    "RTX 3090": 22_298,
    "A100 40GB MIG 3g.20gb": 18_211,
}
"""MiB of `Created device … with … MB memory`, the middle one of the lines of TensorFlow's log that public repositories hold."""


@pytest.mark.parametrize("name", SEEN_BY_TENSORFLOW)
def test_what_a_card_has_for_tensorflow_is_near_what_tensorflow_says_of_it(name: str) -> None:
    assert room(CATALOG.gpu(name), Settings(), CATALOG).usable / MIB == pytest.approx(
        SEEN_BY_TENSORFLOW[name], rel=0.02
    )


def test_a_fraction_a_desktop_and_another_framework_change_what_there_is() -> None:
    card = CATALOG.gpu("RTX 3060 12GB")
    whole = room(card, Settings(), CATALOG)
    assert room(card, Settings(memory_fraction=0.5), CATALOG).usable == card.memory_mib * MIB // 2
    assert whole.usable - room(card, Settings(desktop_mib=600), CATALOG).usable == 600 * MIB
    assert room(card, Settings(framework=Framework.JAX), CATALOG).usable == pytest.approx(
        0.75 * card.memory_mib * MIB
    )
    assert room(CATALOG.gpu("H100 MIG 1g.10gb"), Settings(), CATALOG).total_mib == 10_240
    for each in (whole, room(card, Settings(framework=Framework.JAX), CATALOG)):
        assert each.usable + sum(part.bytes for part in each.withheld) == pytest.approx(
            each.total_mib * MIB, abs=8
        )


def test_between_fits_and_does_not_fit_lies_what_only_measuring_can_tell() -> None:
    training = Training(
        workload=workload_of_figures(1_000_000, 90 * MIB, weight_bytes=4, copies=0),
        optimizer=optimizer("adam"),
        batch=1,
    )
    space = room(CATALOG.gpu("T4"), Settings(), CATALOG)

    def said(batch: int) -> Verdict:
        return answer(replace(training, batch=batch), space, CATALOG).verdict

    first = answer(training, space, CATALOG)
    assert said(first.largest_batch) is Verdict.FITS
    assert said(first.largest_batch + 1) is Verdict.CLOSE
    assert said(first.largest_by_estimate) is Verdict.CLOSE
    assert said(2 * first.largest_by_estimate) is Verdict.TOO_LARGE
    assert first.multiple_of_8 % 8 == 0 <= first.largest_batch - first.multiple_of_8 < 8
    assert first.power_of_2 <= first.largest_batch < 2 * first.power_of_2


def test_two_cards_share_a_batch_and_pay_for_adding_gradients_up() -> None:
    training = Training(workload=workload_of(saved("residual")), optimizer=optimizer("adam"), batch=512)
    space = room(CATALOG.gpu("T4"), Settings(), CATALOG)
    alone, shared = answer(training, space, CATALOG), answer(replace(training, cards=2), space, CATALOG)
    assert alone.needed / 2 < shared.needed < alone.needed
    assert 1.9 * alone.largest_batch < shared.largest_batch < 2 * alone.largest_batch
    assert "replicas" in {part.name for part in shared.parts}


def test_cards_and_types_that_fit_are_told_smallest_and_cheapest_first() -> None:
    training = Training(workload=workload_of(saved("residual")), optimizer=optimizer("adam"), batch=2048)
    cards = fitting_cards(training, Settings(), CATALOG)
    types = fitting_types(training, Settings(), CATALOG)
    assert [card.memory_mib for card in cards] == sorted(card.memory_mib for card in cards)
    assert [each.usd_per_hour for each in types] == sorted(each.usd_per_hour for each in types)
    assert min(card.largest_batch for card in cards) >= 2048
    assert min(each.largest_batch for each in types) >= 2048
    assert "GeForce GTX 1060 6GB" not in {card.gpu for card in cards}
