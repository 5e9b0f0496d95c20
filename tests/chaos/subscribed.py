"""What must be true once a service is connected, whatever went wrong on the way to the first subscription."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.chaos.company import Incident
from tests.chaos.first_connection import FirstConnection
from tests.chaos.place import CONNECTED, WELCOME, Place
from tests.support.waiting import eventually

_TAKEN, _COMES_AGAIN, _UNANSWERED = 202, 503, None


@dataclass(frozen=True)
class Seen:
    """What is known of a service and a channel afterwards."""

    service: str
    conversation: str
    is_connected: bool
    end: Mapping[str, Any] | None
    """``None``: its run looks once more whether a lost creation has come."""
    said: Sequence[str]


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of the account's subscription afterwards."""

    ours: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]
    intents: Sequence[Mapping[str, Any]]
    others_before: Sequence[Mapping[str, Any]]
    others: Sequence[Mapping[str, Any]]
    webhooks: Sequence[Mapping[str, Any]]
    deleted: Mapping[str, datetime]
    """When each subscription was deleted that is not there any more."""
    places: Sequence[Seen]
    cards: Mapping[str, Sequence[str]]
    """The channels of each incident's cards."""
    services: Mapping[str, str]
    """The service of each incident."""


async def subscribed(first: FirstConnection, *, waits: Place | None = None) -> None:
    """Wait until nothing more can happen, and check every promise.

    ``waits``: the run that looks two minutes later whether a lost creation has come.
    """
    await first.let_late_creations_be_over()
    for place in first.places:
        await eventually(place.is_ready if place is waits else place.is_over, within=60)
    for service in {place.service for place in first.places if await _is_connected(place)}:
        await first.trigger(service)  # PagerDuty signs it, so that it arrives by a secret that is known
    await eventually(lambda: _delivered(first), within=60)
    for incident in first.incidents:
        await incident.shown_and_recorded()
    if broken := list(violations(await gather(first, waits))):
        pytest.fail("\n".join(broken))


def violations(evidence: Evidence) -> Iterator[str]:
    """Every promise that does not hold, in words."""
    yield from _one_with_a_known_secret(evidence)
    yield from _others_left_alone(evidence)
    yield from _no_event_refused(evidence)
    yield from _a_card_for_each_incident(evidence)
    for place in evidence.places:
        yield from _told_once(place)


def _one_with_a_known_secret(evidence: Evidence) -> Iterator[str]:
    ours, rows = [one["id"] for one in evidence.ours], [row["id"] for row in evidence.rows]
    if len(ours) != 1:
        yield f"PagerDuty has {len(ours)} subscriptions of ours"
    if rows != ours:
        yield f"PagerDuty has {ours}, the secrets are those of {rows}"
    if not all(row["verified_at"] for row in evidence.rows):
        yield "no event of it was verified"
    if any(one["delivery_method"]["temporarily_disabled"] for one in evidence.ours):
        yield "PagerDuty has disabled it"
    if evidence.intents:
        yield f"{len(evidence.intents)} intents are open"


def _others_left_alone(evidence: Evidence) -> Iterator[str]:
    if evidence.others != evidence.others_before:
        yield f"of others PagerDuty had {evidence.others_before}, and has {evidence.others}"


def _no_event_refused(evidence: Evidence) -> Iterator[str]:
    """But for what is still on its way from a subscription that is gone: it has nothing to come again."""
    live = {one["id"] for one in evidence.ours}
    for webhook in evidence.webhooks:
        gone_at = evidence.deleted.get(webhook["subscription"])
        answered = [one for one in webhook["attempts"] if gone_at is None or _answered_at(one) < gone_at]
        statuses = [attempt["status"] for attempt in answered]
        told = f"{webhook['event_type']} by {webhook['subscription']} ended {webhook['state']}: {statuses}"
        if not set(statuses) <= {_TAKEN, _COMES_AGAIN, _UNANSWERED}:
            yield f"refused: {told}"
        elif webhook["subscription"] in live and webhook["state"] != "delivered":
            yield f"lost: {told}"


def _a_card_for_each_incident(evidence: Evidence) -> Iterator[str]:
    for incident, channels in evidence.cards.items():
        service = evidence.services[incident]
        wanted = [one.conversation for one in evidence.places if one.is_connected and one.service == service]
        if sorted(channels) != sorted(wanted):
            yield f"{incident} has cards in {channels}, its service is connected to {wanted}"


def _told_once(place: Seen) -> Iterator[str]:
    if not place.is_connected:
        return
    if place.end not in (None, {"step": "connected"}):
        yield f"the run of {place.conversation} ended as {place.end}"
    for title in (CONNECTED, WELCOME):
        if (times := place.said.count(title)) != 1:
            yield f"{title!r} was said {times} times in {place.conversation}"
    if others := [title for title in place.said if title not in (CONNECTED, WELCOME)]:
        yield f"{place.conversation} shows {others}"


async def gather(first: FirstConnection, waits: Place | None) -> Evidence:
    """Read the records."""
    ours = await first.ours()
    ids = {one["id"] for one in ours}
    there = await first.company.pagerduty.subscriptions()
    incidents = {
        incident.id: await first.company.pagerduty.incident(incident.id) for incident in first.incidents
    }
    return Evidence(
        ours=ours,
        rows=[dict(row) for row in await first.subscriptions()],
        intents=[dict(row) for row in await first.intents()],
        others_before=first.others,
        others=[one for one in there if one["id"] not in ids],
        webhooks=await first.webhooks(),
        deleted=await first.deleted(),
        places=[await _seen(place, waits) for place in first.places],
        cards={incident.id: await _channels(incident) for incident in first.incidents},
        services={id: incident["service"]["id"] for id, incident in incidents.items()},
    )


def _answered_at(attempt: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(attempt["at"]) + timedelta(milliseconds=attempt["ms"])


async def _seen(place: Place, waits: Place | None) -> Seen:
    return Seen(
        service=place.service,
        conversation=place.channel.id,
        is_connected=await _is_connected(place),
        end=None if place is waits else await place.end(),
        said=await place.said(),
    )


async def _channels(incident: Incident) -> list[str]:
    return [message["conversation"] for message in await incident.messages()]


async def _is_connected(place: Place) -> bool:
    return any(row["ended_at"] is None for row in await place.rows())


async def _delivered(first: FirstConnection) -> bool:
    """Nothing is on its way any more; what waits for a subscription that was deleted is lost with it."""
    there = {one["id"] for one in await first.company.pagerduty.subscriptions()}
    waiting = [one for one in await first.webhooks() if one["state"] == "waiting"]
    return not any(one["subscription"] in there for one in waiting)
