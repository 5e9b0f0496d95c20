"""What is read of an activity: what only messages and teams' events have is dropped where it is odd."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.bot.activity import InboundActivity
from api.bot.activity_fields import TEXT_LIMIT

WHOLE: dict[str, Any] = {
    "type": "message",
    "id": "1",
    "timestamp": "2026-11-28T12:00:00.5+02:00",
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/emea/",
    "from": {"id": "29:ada"},
    "recipient": {"id": "28:Bot", "name": "Muster"},
    "conversation": {"id": "a:1", "conversationType": "personal"},
    "channelData": {
        "eventType": "teamRenamed",
        "team": {"id": "19:t", "name": "Payments"},
        "channel": {"id": "19:c", "name": "ops"},
        "settings": {"selectedChannel": {"id": "19:s"}},
    },
    "text": "hello",
    "entities": [{"type": "mention", "mentioned": {"id": "28:bot"}, "text": "<at>Muster</at>"}],
    "action": "add",
    "membersAdded": [{"id": "28:bot"}],
    "membersRemoved": [{"id": "29:bo"}],
}
ODD: list[Any] = [None, 5, True, 0.5, "\ud83d", {}, {"id": {}}, [], [5], [None], "x" * 600]


def read(whole: dict[str, Any]) -> dict[str, Any]:
    """What is derived of it."""
    found = InboundActivity.model_validate(whole)
    return {
        "at": found.timestamp,
        "private": found.is_private,
        "event": found.event_type,
        "team": found.team and found.team.id,
        "channel": found.channel and found.channel.id,
        "selected": found.selected_channel,
        "text": found.text,
        "mentions": [
            (one.text, found.is_bot(one.mentioned.id if one.mentioned else None)) for one in found.mentions
        ],
        "action": found.install_action,
        "added": [found.is_bot(one.id) for one in found.members_added],
        "removed": [found.is_bot(one.id) for one in found.members_removed],
    }


GOOD: dict[str, Any] = {
    "at": datetime(2026, 11, 28, 10, 0, 0, 500_000, tzinfo=UTC),
    "private": True,
    "event": "teamRenamed",
    "team": "19:t",
    "channel": "19:c",
    "selected": "19:s",
    "text": "hello",
    "mentions": [("<at>Muster</at>", True)],
    "action": "add",
    "added": [True],
    "removed": [False],
}


def test_a_message_and_an_event_are_read() -> None:
    assert read(WHOLE) == GOOD


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:10])
@pytest.mark.parametrize(
    ("path", "derived"),
    [
        (("timestamp",), "at"),
        (("text",), "text"),
        (("entities",), "mentions"),
        (("action",), "action"),
        (("membersAdded",), "added"),
        (("membersRemoved",), "removed"),
        (("conversation", "conversationType"), "private"),
        (("channelData", "eventType"), "event"),
        (("channelData", "team"), "team"),
        (("channelData", "channel"), "channel"),
        (("channelData", "settings"), "selected"),
        (("channelData", "settings", "selectedChannel"), "selected"),
        (("channelData", "team", "id"), "team"),
        (("channelData", "channel", "id"), "channel"),
    ],
)
def test_one_odd_field_costs_itself_alone(path: tuple[str, ...], derived: str, odd: Any) -> None:
    whole = replaced(WHOLE, path, odd)
    found = read(whole)
    assert found | {derived: GOOD[derived]} == GOOD
    if derived == "text":
        assert found["text"] == (odd if isinstance(odd, str) else "")
    else:
        assert not found[derived] or found[derived] == [False]


def replaced(whole: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, *rest = path
    return whole | {first: replaced(whole[first], tuple(rest), value) if rest else value}


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-28T10:00:00Z", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("2026-11-28T10:00:00", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("2026-11-28T10:00:00.1234567Z", datetime(2026, 11, 28, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
    ],
)
def test_a_time_has_a_zone_or_is_none(told: str, moment: datetime | None) -> None:
    assert InboundActivity.model_validate(WHOLE | {"timestamp": told}).timestamp == moment


def test_a_long_text_is_read_to_its_limit() -> None:
    assert len(InboundActivity.model_validate(WHOLE | {"text": "x" * 100_000}).text) == TEXT_LIMIT
