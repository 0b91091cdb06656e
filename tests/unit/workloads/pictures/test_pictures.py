"""Pictures are SVG that any reader can parse, show what they are given, and say it in words too."""

import base64
import io
import math
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from workloads.devices.framework import Array
from workloads.keypoints import picture
from workloads.pictures import heat_map, network_graph
from workloads.pictures.heat_map import HIGH, LOW, MIDDLE, Matrix, colours
from workloads.pictures.network_graph import Node

SVG = "{http://www.w3.org/2000/svg}"


def test_colours_are_white_at_zero_and_full_at_either_end() -> None:
    drawn = colours(np.array([[-2.0, 0.0, 2.0, 9.0]]), 2.0)
    assert drawn.dtype == np.uint8
    assert [tuple(pixel) for pixel in drawn[0].tolist()] == [LOW, MIDDLE, HIGH, HIGH]


def test_what_is_no_number_is_black_and_weights_of_zero_are_drawn() -> None:
    assert colours(np.array([[math.nan]]), 1.0).tolist() == [[[0, 0, 0]]]
    assert tuple(colours(np.zeros((1, 1)), 0.0)[0, 0].tolist()) == MIDDLE


def test_a_heat_map_holds_each_matrix_with_its_scale() -> None:
    page = parsed(heat_map.draw("Weights", [Matrix(title="hidden/kernel", values=np.array([[-0.5, 0.25]]))]))
    words = [text.text for text in page.iter(f"{SVG}text")]
    assert words == ["Weights", "hidden/kernel: 1 inputs down, 2 outputs across", "-0.5 to 0.5"]
    first, scale = (decoded(image) for image in page.iter(f"{SVG}image"))
    assert (first.shape, scale.shape) == ((1, 2, 3), (1, 64, 3))
    assert tuple(first[0, 0].tolist()) == LOW


def test_the_graph_of_a_chain_has_an_arrow_between_each_two() -> None:
    page = parsed(network_graph.draw("Chain", chain("counts", "hidden", "logits")))
    assert len(list(page.iter(f"{SVG}line"))) == 2
    words = [text.text for text in page.iter(f"{SVG}text")]
    assert "hidden (Dense)" in words
    assert "9, 100 weights" in words
    assert "300 weights in all" in words


def test_a_layer_that_takes_two_outputs_stands_below_both() -> None:
    left, right = node("left", "counts"), node("right", "left")
    page = parsed(network_graph.draw("Branch", [node("counts"), left, right, node("sum", "left", "right")]))
    tops = {text.text: float(text.attrib["y"]) for text in page.iter(f"{SVG}text") if text.text}
    assert tops["sum (Dense)"] > tops["right (Dense)"] > tops["left (Dense)"] > tops["counts (Dense)"]
    assert len(list(page.iter(f"{SVG}line"))) == 4


def test_names_cannot_break_out_of_the_picture() -> None:
    page = parsed(network_graph.draw("<b>&", [node("</svg><script>")]))
    assert [text.text for text in page.iter(f"{SVG}text")][:2] == ["<b>&", "</svg><script> (Dense)"]


@pytest.mark.parametrize("sequential", [True, False])
def test_layers_are_read_from_keras_own_description(*, sequential: bool) -> None:
    assert network_graph.nodes(Described(sequential=sequential)) == (
        Node(name="entrance", kind="Layer", shape="93", weights=0, inputs=()),
        Node(name="hidden", kind="Layer", shape="93", weights=7, inputs=("entrance",)),
    )


def test_faces_show_a_ring_for_each_known_point_and_a_cross_for_each_predicted_one() -> None:
    true = np.full((2, 30), 40.0)
    true[1, 4:] = math.nan
    page = parsed(picture.draw(np.zeros((2, 96, 96, 1), np.uint8), true, np.full((2, 30), 41.0)))
    legend = 1
    assert len(list(page.iter(f"{SVG}circle"))) == legend + 15 + 2
    assert len(list(page.iter(f"{SVG}path"))) == legend + 15 + 15
    assert [decoded(image).shape for image in page.iter(f"{SVG}image")] == [(96, 96), (96, 96)]


class Layer:
    """What is asked of a layer of Keras."""

    class output:  # noqa: N801  Keras' own name
        shape = (None, 93)

    def __init__(self, name: str, weights: int) -> None:
        self.name = name
        self._weights = weights

    def count_params(self) -> int:
        return self._weights


class Described:
    """A model as Keras describes it."""

    def __init__(self, *, sequential: bool) -> None:
        self.layers = [Layer("entrance", 0), Layer("hidden", 7)]
        self._sequential = sequential

    def get_config(self) -> dict[str, object]:
        tensor = {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None, 93], "keras_history": ["entrance", 0, 0]},
        }
        layers: list[dict[str, object]] = [{"name": "entrance"}, {"name": "hidden"}]
        if not self._sequential:
            layers[0]["inbound_nodes"] = []
            layers[1]["inbound_nodes"] = [{"args": [tensor], "kwargs": {}}]
        return {"layers": layers}


def chain(*names: str) -> list[Node]:
    return [node(name, *([names[at - 1]] if at else [])) for at, name in enumerate(names)]


def node(name: str, *inputs: str) -> Node:
    return Node(name=name, kind="Dense", shape="9", weights=100, inputs=inputs)


def parsed(drawn: str) -> ET.Element:
    page = ET.fromstring(drawn)  # noqa: S314  our own picture
    title = page.find(f"{SVG}title")
    assert title is not None
    assert title.text
    return page


def decoded(image: ET.Element) -> Array:
    content = base64.b64decode(image.attrib["href"].removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)))
