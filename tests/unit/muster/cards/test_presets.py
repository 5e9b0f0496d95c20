"""What people write to choose a preset, and that each of PagerDuty's four has words."""

from typing import get_args

import pytest

from muster.cards.incident.presets import NAMES, NEWS, chosen_text, preset_named, presets_text
from workflows.incident.event_types import News
from workflows.presets import SAID, Preset


@pytest.mark.parametrize("preset", get_args(Preset))
def test_each_preset_has_a_name_of_ours_and_is_known_by_pagerdutys(preset: Preset) -> None:
    (ours,) = [name for name, named in NAMES.items() if named == preset]
    assert preset_named(ours) == preset
    assert preset_named(preset) == preset
    assert f"**{ours}**" in chosen_text(preset, "Ada", 1, 1)
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
    assert r"\*\*Bo\*\*" in chosen_text("no_updates", "**Bo**", 3, 3)


def test_it_is_said_of_how_many_of_the_cards_it_is_chosen() -> None:
    assert "beside the cards of 3 open incidents I say nothing" in chosen_text("no_updates", "Bo", 3, 3)
    assert "beside 1 of the cards of 3 open incidents I say nothing" in chosen_text("no_updates", "Bo", 1, 3)


@pytest.mark.parametrize("preset", get_args(Preset))
def test_all_news_of_a_preset_is_named(preset: Preset) -> None:
    told = chosen_text(preset, "Bo", 1, 1)
    for news in get_args(News):
        assert (NEWS[news] in told) == (news in SAID[preset])
