"""Everybody who works on an incident, as its REST body names them: for its chat."""

from typing import Any

import pytest

from muster.payloads.room_people import people_of
from tests.support.bodies import ADA_BODY, BO_BODY, reference
from workflows.wanted import ASKED, ASSIGNEE, JOINED, WantedPerson

CY_BODY = reference("user", "PUSER03", "Cy Net")
ADA = WantedPerson(user="PUSER01", rank=ASSIGNEE, name="Ada Ops")
BO = WantedPerson(user="PUSER02", rank=ASSIGNEE, name="Bo Call")
CY = WantedPerson(user="PUSER03", rank=JOINED, name="Cy Net")


def assigned(*people: Any) -> list[Any]:
    return [{"at": "2026-01-02T14:31:52Z", "assignee": one} for one in people]


ASKED_CY = CY.model_copy(update={"rank": ASKED})


def asked(person: Any, state: Any = "pending") -> dict[str, Any]:
    return {"state": state, "user": person}


def test_assignees_come_before_responders() -> None:
    incident = {
        "incidents_responders": [asked(CY_BODY, "joined")],
        "assignments": assigned(ADA_BODY, BO_BODY),
    }
    assert people_of(incident) == (ADA, BO, CY)


def test_an_assignee_who_was_asked_too_is_there_once_as_an_assignee() -> None:
    incident = {"assignments": assigned(ADA_BODY, ADA_BODY), "incidents_responders": [asked(ADA_BODY)]}
    assert people_of(incident) == (ADA,)


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("joined", (CY,)),
        ("pending", (ASKED_CY,)),
        ("declined", ()),
        ("cancelled", ()),
        ("a state of tomorrow", (ASKED_CY,)),
        (None, (ASKED_CY,)),
        ({}, (ASKED_CY,)),
    ],
)
def test_who_joined_comes_before_who_is_asked_and_who_declined_is_not_wanted(
    state: Any, wanted: tuple[WantedPerson, ...]
) -> None:
    incident = {"incidents_responders": [asked(CY_BODY, state)]}
    assert people_of(incident) == wanted


def test_of_a_crowd_everybody_is_wanted() -> None:
    """Cards and histories show a few; the chat has places for all."""
    crowd = [reference("user", f"PCROWD{number:03}", f"Crowd {number}") for number in range(300)]
    incident = {"assignments": assigned(*crowd[:100]), "incidents_responders": [asked(one) for one in crowd]}
    found = people_of(incident)
    assert [one.user for one in found] == [one["id"] for one in crowd]
    assert [one.rank for one in found] == [ASSIGNEE] * 100 + [ASKED] * 200


@pytest.mark.parametrize("odd", [None, {}, [], "PUSER01", [None], ["PUSER01"], [{}], [{"assignee": None}]])
def test_what_is_no_list_of_people_names_nobody(odd: Any) -> None:
    assert people_of({"assignments": odd, "incidents_responders": odd}) == ()
    assert people_of({}) == ()


@pytest.mark.parametrize("id", [None, "", 7, "P\x00", {"id": "P"}])
def test_who_has_no_id_is_left_out_and_the_others_stay(id: Any) -> None:
    incident = {
        "assignments": assigned(ADA_BODY | {"id": id}, BO_BODY),
        "incidents_responders": [asked({"id": id}), asked(CY_BODY, "joined")],
    }
    assert people_of(incident)[-2:] == (BO, CY)


def test_a_person_without_a_name_is_wanted_and_a_long_name_is_clipped() -> None:
    incident = {"assignments": assigned(ADA_BODY | {"summary": None}, BO_BODY | {"summary": "B" * 5000})}
    ada, bo = people_of(incident)
    assert (ada.user, ada.name) == ("PUSER01", "")
    assert 0 < len(bo.name) < 1000


def test_a_responder_of_an_event_is_no_other_than_in_rest() -> None:
    """Both say ``user`` with its state beside it; escalation policies that were asked are no people."""
    policy = {"state": "pending", "escalation_policy": reference("escalation_policy", "PEP0001", "Default")}
    assert people_of({"incidents_responders": [policy, asked(CY_BODY)]}) == (ASKED_CY,)
