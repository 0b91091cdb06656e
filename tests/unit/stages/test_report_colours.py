"""The page's colours: text can be told from its background in light and in dark."""

import re

import pytest

from orchestrator.stages.report import render_html
from tests.unit.stages.records import record


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_keeps_its_distance_from_the_background(scheme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", render_html(record()), flags=re.DOTALL)
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", blocks[scheme]))
    for background in ("page", "sheet", "good-tint", "bad-tint", "open-tint"):
        for ink in ("ink", "muted"):
            assert contrast(colours[ink], colours[background]) >= 4.5, (ink, background)
    for tone in ("good", "bad", "open"):
        assert contrast(colours[tone], colours[f"{tone}-tint"]) >= 4.5
        assert contrast(colours[tone], colours["page"]) >= 4.5
    for number in range(1, 7):
        assert contrast(colours[f"series-{number}"], colours["page"]) >= 3


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
