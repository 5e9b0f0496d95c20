"""What must be true once everything is in sync again, whatever went wrong on the way.

Checked from what the simulators recorded of Muster's calls. The database is asked for two things that
nobody outside can see: which message Muster takes for the live one, and how each press ended.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.chaos.company import (
    ADA_EMAIL,
    MANY_SERVICES,
    NO_CHANNEL,
    QUIET_SERVICE,
    Company,
    Incident,
    is_card,
    lines_beside,
)
from tests.chaos.made_chats import MadeChat, Search, chats_made, known_to_muster, made_unasked, searches
from workflows.link_notes import is_link_note

CHANNELS = {"PSVC001": 1, "PSVC002": 2, NO_CHANNEL: 0, QUIET_SERVICE: 1, **dict.fromkeys(MANY_SERVICES, 1)}
"""Into how many channels the incidents of a service go."""
SENT_AGAIN_WITHIN = timedelta(seconds=30)
HIGHLIGHTS = {
    "🟢": "incident.resolved",
    "🔴": "incident.reopened",
    "⏫": "incident.escalated",
    "⬆️": "incident.priority_updated",
}
"""How each line beside a card begins, and the event that it may tell."""
STATUS_UPDATES = {"📣": "incident.status_update_published"}
SAID = {
    "no_updates": {},
    "status_updates_only": STATUS_UPDATES,
    "highlights_only": HIGHLIGHTS,
    "all_updates": {**HIGHLIGHTS, **STATUS_UPDATES, "📝": "incident.annotated"},
}
"""What each preset says; responders are asked and answer in tests of their own."""
CHANGE_NO_STATUS = frozenset({"stop_following", "create_chat", "create_meeting"})
"""Verbs that change no status in PagerDuty."""
SUMMED_UP = "🏁"
"""How the line begins that a chat of the incident's own gets after each resolve."""


@dataclass(frozen=True)
class Message:
    """One message with a card, in all its versions."""

    id: str
    living: bool
    as_of: tuple[str, ...]
    """The instant at the foot of each version: it grows with what the card shows."""
    times: tuple[datetime, ...]
    markers: frozenset[str]
    """Of its buttons, in whatever version had some."""
    latest: str


@dataclass(frozen=True)
class Place:
    """One conversation that the incident is in."""

    conversation: str
    live: str | None
    """The message that the row names."""
    marker: str | None
    orphans: int
    shown: Mapping[str, Any]
    """What the live card shows, as the row has it."""
    preset: str
    is_own: bool
    """It is the chat that was made for the incident."""
    is_stopped: bool
    """Somebody stopped following the incident there."""
    messages: Sequence[Message]
    lines: Sequence[str]
    """What was said beside the card."""
    late_edits: int

    @property
    def card(self) -> str:
        """The latest version of the live card; empty where there is none."""
        return next((message.latest for message in self.messages if message.id == self.live), "")


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of one incident afterwards."""

    incident: Mapping[str, Any]
    latest_note: str | None
    webhooks: Sequence[Mapping[str, Any]]
    writes: Sequence[Mapping[str, Any]]
    clicks: Sequence[Mapping[str, Any]]
    expected_outcomes: int
    expected_places: int
    chats_made: Sequence[MadeChat]
    searches: Sequence[Search]
    """Of Microsoft, for a chat whose answer was lost."""
    places: Sequence[Place]
    users: Mapping[str, str]
    """PagerDuty's user of each linked AAD object id."""
    outsider: str
    """Whoever works in PagerDuty alone."""


async def in_sync(incident: Incident, *, within: float = 60) -> None:
    """Let the incident end, wait until nothing more can happen, and check every promise."""
    await incident.becomes_resolved()
    await incident.ends(within=within)
    if broken := list(violations(await gather(incident))):
        pytest.fail("\n".join(broken))


def violations(evidence: Evidence) -> Iterator[str]:
    """Every promise that does not hold, in words; the numbers are those of the list of promises."""
    for place in evidence.places:
        yield from _shows_its_last_state(place) if place.is_stopped else _shows_everything(place, evidence)
        yield from _one_live_card(place)
        yield from _row_agrees(place)
        yield from _never_goes_back(place)
        yield from _said_as_the_preset_says(place, evidence)
    yield from _one_chat(evidence)
    if len(evidence.places) != evidence.expected_places:
        yield f"1: it is in {len(evidence.places)} conversations"
    yield from _one_outcome_each(evidence)
    yield from _no_acknowledge_after_resolve(evidence)


def _one_chat(evidence: Evidence) -> Iterator[str]:
    """15: one chat that the room knows, and none made again without a search or a click in between."""
    followed = {place.conversation for place in evidence.places if not place.is_stopped}
    if len(known := known_to_muster(evidence.chats_made, followed)) > 1:
        yield f"15: the room knows more than one chat: {known}"
    clicked = [click["received_at"] for click in evidence.clicks if click["verb"] == "create_chat"]
    for unasked in made_unasked(evidence.chats_made, evidence.searches, clicked):
        yield f"15: {unasked}"


def _shows_everything(place: Place, evidence: Evidence) -> Iterator[str]:
    """1 and 3."""
    card = place.card
    by = evidence.incident["last_status_change_by"]["summary"]
    if f"Resolved by {by}" not in card:
        yield f"3: the card does not show that {by} resolved it"
    if '"Action.Execute"' in card:
        yield "3: the card of a resolved incident has buttons"
    if evidence.latest_note and evidence.latest_note not in card:
        yield f"1: the card does not show the note {evidence.latest_note!r}"


def _shows_its_last_state(place: Place) -> Iterator[str]:
    """Where somebody has stopped it, nothing is shown any more, and the card says so."""
    if "Not followed here any more" not in place.card:
        yield "1: the card does not show that it is not followed there any more"
    if '"Action.Execute"' in place.card:
        yield "1: a card that is not followed any more has buttons"


def _row_agrees(place: Place) -> Iterator[str]:
    """2: the row tells of the live card what it shows."""
    seen = next((message.as_of[-1:] for message in place.messages if message.id == place.live), ())
    told = datetime.fromisoformat(place.shown["as_of"]) if place.shown else None
    if told is None or [datetime.fromisoformat(at) for at in seen] != [told.replace(microsecond=0)]:
        yield f"2: the row tells the state of {told}, the live card that of {seen}"


def _one_live_card(place: Place) -> Iterator[str]:
    """2: others than the live one are orphans: counted, never edited, under another marker."""
    live = [message for message in place.messages if message.id == place.live]
    others = [message for message in place.messages if message.id != place.live]
    if not live or not live[0].living:
        yield "2: there is no live card"
    elif live[0].markers and place.marker not in live[0].markers:
        yield "2: the live card does not carry the current marker"
    if len(others) > place.orphans:
        yield f"2: {len(others)} orphans, {place.orphans} counted"
    for message in others:
        if len(message.as_of) > 1:
            yield f"2: the orphan {message.id} was edited"
        if place.marker in message.markers:
            yield f"2: the orphan {message.id} carries the live card's marker"


def _never_goes_back(place: Place) -> Iterator[str]:
    """4."""
    for message in place.messages:
        newest = ""
        for number, (as_of, at) in enumerate(zip(message.as_of, message.times, strict=True)):
            if as_of < newest and not place.late_edits:
                yield f"4: {message.id} went back from {newest} to {as_of}"
            if as_of < newest and not any(
                later >= newest and again - at <= SENT_AGAIN_WITHIN
                for later, again in zip(message.as_of[number:], message.times[number:], strict=True)
            ):
                yield f"4: after a late edit {newest} was not sent again in time"
            newest = max(newest, as_of)


def _one_outcome_each(evidence: Evidence) -> Iterator[str]:
    """5 and 7: every press has a row with its outcome, and as many made a change as PagerDuty had."""
    if len(evidence.clicks) != evidence.expected_outcomes:
        yield f"5: {evidence.expected_outcomes} presses, {len(evidence.clicks)} outcomes"
    done: Counter[str | None] = Counter()
    for click in evidence.clicks:
        if not click["outcome"] or not click["recorded_at"] or not click["person_name"]:
            yield f"5: a press without an outcome: {dict(click)}"
        if click["verb"] not in CHANGE_NO_STATUS:
            done[evidence.users.get(click["aad_object_id"])] += click["outcome"] == "done"
    written = Counter(user for user, _ in _statuses(evidence) if user != evidence.outsider)
    if +done != written:
        yield f"5: presses done {dict(done)}, changes in PagerDuty {dict(written)}"


def _no_acknowledge_after_resolve(evidence: Evidence) -> Iterator[str]:
    """6."""
    resolved = False
    for user, status in _statuses(evidence):
        if resolved and status == "acknowledged" and user != evidence.outsider:
            yield f"6: {user} acknowledged what was resolved"
        resolved = status == "resolved"


def _said_as_the_preset_says(place: Place, evidence: Evidence) -> Iterator[str]:
    """9: nothing twice, and nothing that is not to be said there."""
    happened = Counter(webhook["event_type"] for webhook in evidence.webhooks)
    may_be_said = {**SAID[place.preset], **({SUMMED_UP: "incident.resolved"} if place.is_own else {})}
    for symbol, times in Counter(line.split()[0] for line in place.lines).items():
        event_type = may_be_said.get(symbol)
        if event_type is None:
            yield f"9: {symbol} is not to be said under {place.preset}"
        elif times > happened[event_type]:
            yield f"9: {symbol} was said {times} times, it happened {happened[event_type]} times"


def _statuses(evidence: Evidence) -> list[tuple[str, str]]:
    """Who changed the status to what, in order, as far as PagerDuty did it."""
    return [
        (write["user"], write["body"]["incident"]["status"])
        for write in evidence.writes
        if write["status"] == 200 and "status" in write["body"]["incident"]
    ]


async def gather(incident: Incident) -> Evidence:
    """Read the records."""
    company, path = incident.company, f"/incidents/{incident.id}"
    pagerduty, teams = await company.pagerduty.records(), await company.teams.records()
    notes = await company.pagerduty.notes(incident.id)
    now = await company.pagerduty.incident(incident.id)
    there = {*incident.chats} - {chat["id"] for chat in incident.deleted_chats}
    return Evidence(
        incident=now,
        # A note with an address tells those nothing who see its link on the card.
        latest_note=next((note for note in notes if not is_link_note(note)), None),
        webhooks=[webhook for webhook in pagerduty["webhooks"] if webhook["incident"] == incident.id],
        writes=[write for write in pagerduty["writes"] if (write["method"], write["path"]) == ("PUT", path)],
        clicks=[
            dict(row) for row in await company.rows("SELECT * FROM click WHERE incident_id = $1", incident.id)
        ],
        expected_outcomes=incident.expected_outcomes,
        expected_places=CHANNELS[now["service"]["id"]] + len(there),
        chats_made=chats_made(teams, now["incident_number"], incident.deleted_chats),
        searches=searches(teams),
        places=await _places(incident, teams),
        users={person["aad_object_id"]: person["pagerduty_user"] for person in company.people},
        outsider=_user(company, ADA_EMAIL),
    )


def _user(company: Company, email: str) -> str:
    return str(next(p["pagerduty_user"] for p in company.people if p["email"] == email))


async def _places(incident: Incident, records: Mapping[str, Any]) -> list[Place]:
    rows = {row["conversation"]: row for row in await incident.row()}
    late_edits = Counter(call["conversation"] for call in records["calls"] if call["fault"] == "late")
    own = await incident.company.rows("SELECT chat FROM incident_room WHERE incident_id = $1", incident.id)
    places = []
    for conversation in records["conversations"]:
        if (row := rows.get(conversation["id"])) is None:
            continue
        cards = [message for message in conversation["messages"] if is_card(message, incident.id)]
        places.append(
            Place(
                conversation=conversation["id"],
                live=row["activity_id"],
                marker=row["marker"],
                orphans=row["orphans"],
                shown=json.loads(row["view"] or "{}"),
                preset=row["preset"],
                is_own=conversation["id"] in {room["chat"] for room in own},
                is_stopped=row["stopped_at"] is not None,
                messages=[_message(card) for card in cards],
                lines=lines_beside(conversation, incident.id),
                late_edits=late_edits[conversation["id"]],
            )
        )
    return places


def _message(record: Mapping[str, Any]) -> Message:
    texts = [str(version["activity"]).replace("'", '"') for version in record["versions"]]
    return Message(
        id=record["id"],
        living=record["deleted_at"] is None,
        as_of=tuple(at for text in texts for at in re.findall(r"as of .*?TIME\(([\dTZ:-]+)\)", text)),
        times=tuple(datetime.fromisoformat(version["at"]) for version in record["versions"]),
        markers=frozenset(marker for text in texts for marker in re.findall(r'"m": "(\w+)"', text)),
        latest=texts[-1],
    )
