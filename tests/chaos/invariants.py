"""What must be true once everything is in sync again, whatever went wrong on the way.

Checked from what the simulators recorded of Muster's calls. The database is asked for two things that
nobody outside can see: which message Muster takes for the live one, and how each press ended.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.chaos.company import ADA_EMAIL, Company, Incident

CHANNELS = {"PSVC001": 1, "PSVC002": 2}
"""Into how many channels the incidents of a service go."""
SENT_AGAIN_WITHIN = timedelta(seconds=30)
HIGHLIGHTS = {
    "Resolved": "incident.resolved",
    "Reopened": "incident.reopened",
    "Escalated": "incident.escalated",
    "Priority raised": "incident.priority_updated",
}
"""How each reply in a thread begins, and the event that it may tell."""


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
    """One channel that the incident is in."""

    live: str | None
    """The message that the row names."""
    marker: str | None
    orphans: int
    messages: Sequence[Message]
    replies: Sequence[str]
    late_edits: int


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of one incident afterwards."""

    incident: Mapping[str, Any]
    latest_note: str | None
    webhooks: Sequence[Mapping[str, Any]]
    writes: Sequence[Mapping[str, Any]]
    clicks: Sequence[Mapping[str, Any]]
    expected_outcomes: int
    places: Sequence[Place]
    users: Mapping[str, str]
    """PagerDuty's user of each linked AAD object id."""
    outsider: str
    """Whoever works in PagerDuty alone."""


async def in_sync(incident: Incident, *, within: float = 60) -> None:
    """Let the incident end, wait until nothing more can happen, and check every promise."""
    if (await incident.company.pagerduty.incident(incident.id))["status"] != "resolved":
        await incident.becomes("resolved")
    await incident.ends(within=within)
    if broken := list(violations(await gather(incident))):
        pytest.fail("\n".join(broken))


def violations(evidence: Evidence) -> Iterator[str]:
    """Every promise that does not hold, in words; the numbers are those of the list of promises."""
    for place in evidence.places:
        yield from _shows_everything(place, evidence)
        yield from _one_live_card(place)
        yield from _never_goes_back(place)
        yield from _nothing_said_twice(place, evidence)
    if len(evidence.places) != CHANNELS[evidence.incident["service"]["id"]]:
        yield f"1: it is in {len(evidence.places)} channels"
    yield from _one_outcome_each(evidence)
    yield from _no_acknowledge_after_resolve(evidence)


def _shows_everything(place: Place, evidence: Evidence) -> Iterator[str]:
    """1 and 3."""
    card = next((message.latest for message in place.messages if message.id == place.live), "")
    by = evidence.incident["last_status_change_by"]["summary"]
    if f"Resolved by {by}" not in card:
        yield f"3: the card does not show that {by} resolved it"
    if '"Action.Execute"' in card:
        yield "3: the card of a resolved incident has buttons"
    if evidence.latest_note and evidence.latest_note not in card:
        yield f"1: the card does not show the note {evidence.latest_note!r}"


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


def _nothing_said_twice(place: Place, evidence: Evidence) -> Iterator[str]:
    """9."""
    happened = Counter(webhook["event_type"] for webhook in evidence.webhooks)
    for word, event_type in HIGHLIGHTS.items():
        said = sum(word in reply for reply in place.replies)
        if said > happened[event_type]:
            yield f"9: {word!r} was said {said} times, it happened {happened[event_type]} times"


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
    pagerduty = await company.pagerduty.records()
    notes = await company.pagerduty.notes(incident.id)
    return Evidence(
        incident=await company.pagerduty.incident(incident.id),
        latest_note=notes[0] if notes else None,
        webhooks=[webhook for webhook in pagerduty["webhooks"] if webhook["incident"] == incident.id],
        writes=[write for write in pagerduty["writes"] if (write["method"], write["path"]) == ("PUT", path)],
        clicks=[
            dict(row) for row in await company.rows("SELECT * FROM click WHERE incident_id = $1", incident.id)
        ],
        expected_outcomes=incident.expected_outcomes,
        places=await _places(incident),
        users={person["aad_object_id"]: person["pagerduty_user"] for person in company.people},
        outsider=_user(company, ADA_EMAIL),
    )


def _user(company: Company, email: str) -> str:
    return str(next(p["pagerduty_user"] for p in company.people if p["email"] == email))


async def _places(incident: Incident) -> list[Place]:
    records = await incident.company.teams.records()
    rows = {row["conversation"]: row for row in await incident.row()}
    late_edits = Counter(call["conversation"] for call in records["calls"] if call["fault"] == "late")
    places = []
    for conversation in records["conversations"]:
        if (row := rows.get(conversation["id"])) is None:
            continue
        shared = [m for m in conversation["messages"] if m["to"] is None]
        cards = [m for m in shared if m["reply_to"] is None and incident.id in str(m)]
        threads = {card["id"] for card in cards}
        replies = [m["versions"][0]["activity"] for m in shared if m["reply_to"] in threads]
        places.append(
            Place(
                live=row["activity_id"],
                marker=row["marker"],
                orphans=row["orphans"],
                messages=[_message(card) for card in cards],
                replies=[reply["text"] for reply in replies],
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
