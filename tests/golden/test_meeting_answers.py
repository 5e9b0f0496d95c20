"""Every case of ``meetings/`` is answered with the text that is stored beside it.

A case is ``<name>.answer.json``, what the room answers to **Create Meeting**, or ``null`` where that took too
long, and ``<name>.txt``, what whoever pressed reads. ``make golden`` writes the texts; review the diff.
"""

from pathlib import Path
from typing import get_args

import pytest

from muster.cards.access_policy import policy_commands
from muster.cards.rooms.answers import answer_sentence
from tests.golden.stored import check_has_only_fields_of, check_text_is_stored, names_in
from workflows.incident_room.messages import RoomAnswer
from workflows.meeting import WhyNot

CASES = Path(__file__).parent / "meetings"
NAMES = names_in(CASES, ".answer.json")
WORKING = "working"
POLICY = policy_commands(name="Muster", app_id="8f0c1f5e-0000-4000-8000-0000000000aa")
APART = frozenset("\n\r\u2028\u2029\u202e")
"""What would break the text or turn it round."""


def answer_of(name: str) -> RoomAnswer | None:
    text = (CASES / f"{name}.answer.json").read_text()
    return None if name == WORKING else RoomAnswer.model_validate_json(text)


def told(name: str) -> str:
    return answer_sentence(answer_of(name), "create_meeting", account="acme", policy=POLICY)


@pytest.mark.parametrize("name", [name for name in NAMES if name != WORKING])
def test_answer_has_only_fields_that_an_answer_has(name: str) -> None:
    answer = answer_of(name)
    assert answer is not None
    check_has_only_fields_of(answer, CASES / f"{name}.answer.json")


@pytest.mark.parametrize("name", NAMES)
def test_text_is_the_stored_one(name: str) -> None:
    check_text_is_stored(told(name) + "\n", CASES / f"{name}.txt")


@pytest.mark.parametrize("name", NAMES)
def test_text_is_one_line(name: str) -> None:
    assert not APART & set(told(name))


def test_every_reason_for_which_nobody_organises_a_meeting_has_its_case() -> None:
    answers = [answer for answer in map(answer_of, NAMES) if answer is not None]
    assert {one.why for answer in answers for one in answer.outcome.hindrances} == set(get_args(WhyNot))


def test_every_text_has_its_answer() -> None:
    assert names_in(CASES, ".txt") == NAMES
