"""What people write to choose a preset, and that each of PagerDuty's four has words."""

from typing import get_args

import pytest

from muster.cards.incident.presets import NAMES, chosen_text, preset_named, presets_text
from workflows.presets import Preset


@pytest.mark.parametrize("preset", get_args(Preset))
def test_each_preset_has_a_name_of_ours_and_is_known_by_pagerdutys(preset: Preset) -> None:
    (ours,) = [name for name, named in NAMES.items() if named == preset]
    assert preset_named(ours) == preset
    assert preset_named(preset) == preset
    assert f"**{ours}**" in chosen_text(preset, "Ada", 1)
    assert f"**{ours}**, for the card of the open incident" in presets_text([preset])


@pytest.mark.parametrize(
    ("written", "preset"),
    [
        ("ALL", "all_updates"),
        ("  all   updates. ", "all_updates"),
        ("Highlights only", "highlights_only"),
        ("status updates", "status_updates_only"),
        ("no", "no_updates"),
        ("none!", "no_updates"),
    ],
)
def test_people_write_it_in_their_way(written: str, preset: Preset) -> None:
    assert preset_named(written) == preset


@pytest.mark.parametrize("written", ["", "loud", "updates", "only", "all none", "_", "not all", "all\u202e"])
def test_anything_else_is_none_of_them(written: str) -> None:
    assert preset_named(written) is None


def test_a_name_is_escaped() -> None:
    assert r"\*\*Bo\*\*" in chosen_text("no_updates", "**Bo**", 3)
