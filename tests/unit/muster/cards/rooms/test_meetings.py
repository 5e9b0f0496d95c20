"""What people read about the meeting of an incident: the words are promised, and no name reorders them."""

from typing import get_args

import pytest

from muster.cards.access_policy import policy_commands
from muster.cards.rooms.meetings import MAKING, made_sentence, meeting_sentence, there_is_one, told_sentence
from workflows.meeting import Hindrance, ToldMeeting, WhyNot
from workflows.verbs.outcomes import Outcome

URL = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0"
POLICY = policy_commands(name="Muster", app_id="0a5cf8a4-0000-4000-8000-000000000002")
NO_CALENDAR = Hindrance(who="Ada Ops", why="not_granted", permission="Calendars.ReadWrite")


def refused(*hindrances: Hindrance, policy: str = POLICY) -> str:
    outcome = Outcome(kind="refused", reason="no_organiser", hindrances=hindrances)
    return str(meeting_sentence(outcome, account="acme", policy=policy))


def test_the_words_are_those_that_are_promised() -> None:
    assert MAKING == "Muster is making the meeting; the card will show Join Meeting."
    assert there_is_one(URL) == f"There is a meeting for this incident: {URL}"
    no_policy = Hindrance(who="Ada Ops", why="no_policy")
    assert refused(NO_CALENDAR, no_policy) == (
        "The meeting cannot be made: Calendars.ReadWrite is not granted, and no application access policy "
        "allows Muster to make meetings for Ada Ops. A Teams admin runs: "
        "New-CsApplicationAccessPolicy -Identity 'MUSTER_ACCESS_POLICY_0a5cf8a4-0000-4000-8000-000000000002' "
        "-AppIds '0a5cf8a4-0000-4000-8000-000000000002' "
        "-Description 'Muster makes online meetings for incidents'; "
        "Grant-CsApplicationAccessPolicy "
        "-PolicyName 'MUSTER_ACCESS_POLICY_0a5cf8a4-0000-4000-8000-000000000002' -Global "
        "· That counts after up to 30 minutes, for which Muster tries again every five."
    )
    assert "what muster permissions --powershell prints" in refused(NO_CALENDAR, no_policy, policy="")


def test_a_permission_that_nobody_granted_is_granted_by_a_microsoft_admin() -> None:
    alone = Hindrance(who="Ada Ops", why="not_granted", permission="OnlineMeetings.ReadWrite.All")
    assert refused(NO_CALENDAR, alone) == (
        "The meeting cannot be made: Calendars.ReadWrite is not granted, and OnlineMeetings.ReadWrite.All is "
        "not granted. A Microsoft admin grants it with appconnect."
    )


def test_all_candidates_have_their_reasons_and_none_is_said_twice() -> None:
    text = refused(
        Hindrance(who="Ada Ops", why="disabled"),
        Hindrance(who="Bo Call", why="no_mailbox"),
        Hindrance(who="Bo Call", why="no_licence"),
        Hindrance(who="Bo Call", why="no_licence"),
        Hindrance(who="Gil Guest", why="guest"),
    )
    assert text == (
        "The meeting cannot be made: the account of Ada Ops is disabled; Bo Call has no calendar, and Bo "
        "Call has no licence for meetings of Teams; Gil Guest is a guest of this organization."
    )


@pytest.mark.parametrize("why", get_args(WhyNot))
def test_every_reason_names_whom_it_is_about(why: WhyNot) -> None:
    text = refused(Hindrance(who="Ada\u202eOps\n<b>", why=why, permission="Calendars.ReadWrite"))
    assert ("Ada" in text) != (why == "not_granted")
    assert "\u202e" not in text
    assert "{" not in text


def test_where_nobody_could_even_be_asked_that_is_said() -> None:
    assert refused() == "The meeting cannot be made: nobody can organise it."


def test_whoever_asked_first_reads_who_is_invited() -> None:
    assert made_sentence(URL, invited=(), count=0) == there_is_one(URL)
    text = made_sentence(URL, invited=("Bo Call", "Cy Net"), count=9)
    assert text == f"{there_is_one(URL)} · Invited: Bo Call, Cy Net, … and 7 more"


@pytest.mark.parametrize("url", ["", "javascript:alert(1)"])
def test_a_meeting_without_an_address_is_joined_from_the_card(url: str) -> None:
    assert there_is_one(url) == "There is a meeting for this incident: the card shows Join Meeting."


def test_a_card_tells_of_a_meeting_what_the_bridge_does_not() -> None:
    gone = ToldMeeting(url=URL, standing="gone")
    assert told_sentence(gone, offers_meeting=True) == (
        "The account of whoever organised the meeting was deleted. Create Meeting makes a new one."
    )
    assert told_sentence(gone, offers_meeting=False).endswith("was deleted.")
    for standing in ("theirs", "refused"):
        told = ToldMeeting(url=URL, standing=standing)
        assert "ridge" in told_sentence(told, offers_meeting=False)
