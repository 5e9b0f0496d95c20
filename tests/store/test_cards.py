"""The row of a card: intents before sends, outcomes after them, announcements at most once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.store import cards
from muster.store.cards import CardUnknown, Orphan, ReplyPlace
from muster.store.pool import Pool, transaction
from tests.store.locks import somebody_waits
from tests.support.company import ACCOUNT, OPS, SERVICE_URL, TENANT
from tests.support.waiting import eventually
from workflows.channel_incident.activities import ShowCard, StoredCard
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import CardIdentity, View
from workflows.errors import Conflict

pytestmark = pytest.mark.anyio

KEY = CardKey(account=ACCOUNT, incident_id="Q1", conversation=OPS)
AS_OF = datetime(2026, 1, 1, 10, tzinfo=UTC)
ASKED_AT = AS_OF + timedelta(seconds=1)
"""When a run asked for a send."""


def show(marker: str, *, edits: str | None = None, revision: int = 1) -> ShowCard:
    """A send: a post, or an edit of the message ``edits``."""
    view = View(
        account=ACCOUNT, incident_id="Q1", revision=revision, as_of=AS_OF, title="Slow", status="triggered"
    )
    return ShowCard(
        card=KEY,
        tenant=TENANT,
        activity_id=edits,
        view=view,
        identity=CardIdentity(marker=marker, nonce=f"nonce-{revision}"),
        content=f"content-{revision}",
        correlation="01E",
    )


@pytest.fixture(autouse=True)
async def registered(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
        *(ACCOUNT, "Q1", OPS),
    )


async def row(pool: Pool) -> dict[str, Any]:
    found = await pool.fetchrow("SELECT * FROM incident_card")
    assert found is not None
    return dict(found)


async def posted(pool: Pool, activity_id: str = "1", marker: str = "m1", *, revision: int = 1) -> None:
    """A post that went well."""
    await cards.intend(pool, show(marker, revision=revision), ASKED_AT)
    assert (await cards.record_shown(pool, show(marker, revision=revision), activity_id)).recorded


async def test_a_card_nobody_registered_is_refused(pool: Pool) -> None:
    stranger = show("m1").model_copy(update={"card": KEY.model_copy(update={"incident_id": "Q2"})})
    with pytest.raises(CardUnknown):
        await cards.intend(pool, stranger, ASKED_AT)
    with pytest.raises(CardUnknown):
        await cards.record_shown(pool, stranger, "1")


async def test_a_row_that_was_never_sent_restores_nothing(pool: Pool) -> None:
    assert await cards.restore(pool, KEY) == StoredCard()
    assert await cards.restore(pool, KEY.model_copy(update={"incident_id": "Q2"})) == StoredCard()


async def test_a_post_is_intended_then_recorded(pool: Pool) -> None:
    assert await cards.intend(pool, show("m1"), ASKED_AT) == (0, None, SERVICE_URL, None)
    intended = await row(pool)
    assert (intended["intent_marker"], intended["activity_id"], intended["marker"]) == ("m1", None, None)
    assert (await cards.restore(pool, KEY)).unknown, "until its outcome is recorded"

    assert (await cards.record_shown(pool, show("m1"), "1")).recorded
    assert await cards.restore(pool, KEY) == StoredCard(
        activity_id="1",
        marker="m1",
        revision=1,
        nonce="nonce-1",
        content="content-1",
        view=show("m1").view,
    )


async def test_an_edit_keeps_its_message(pool: Pool) -> None:
    await posted(pool)
    edit = show("m1", edits="1", revision=2)
    assert (await cards.record_shown(pool, edit, "1")).recorded
    stored = await cards.restore(pool, KEY)
    assert (stored.activity_id, stored.revision, stored.nonce) == ("1", 2, "nonce-2")


async def test_a_lost_answer_makes_an_orphan_when_another_post_follows(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    assert (await cards.intend(pool, show("m2"), ASKED_AT)).orphans == 1
    assert (await cards.intend(pool, show("m3"), ASKED_AT)).orphans == 2
    assert await cards.record_shown(pool, show("m3"), "3") == (2, True, None)
    assert (await cards.restore(pool, KEY)).orphans == 2


async def test_the_same_post_intended_again_is_no_orphan(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    assert (await cards.intend(pool, show("m1"), ASKED_AT)).orphans == 0


async def test_a_post_that_certainly_did_not_happen_is_no_orphan(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.forget_intent(pool, show("m1"))
    assert not (await cards.restore(pool, KEY)).unknown
    assert (await cards.intend(pool, show("m2"), ASKED_AT)).orphans == 0


async def test_only_its_own_intent_is_forgotten(pool: Pool) -> None:
    await cards.intend(pool, show("m2"), ASKED_AT)
    await cards.forget_intent(pool, show("m1"))
    assert (await row(pool))["intent_marker"] == "m2"


async def test_a_message_that_is_gone_is_not_counted(pool: Pool) -> None:
    """A new post after an edit found nothing to edit."""
    await posted(pool)
    await cards.forget_message(pool, KEY, "1")
    assert await cards.intend(pool, show("m2", revision=2), ASKED_AT) == (0, None, SERVICE_URL, None)
    assert (await row(pool))["activity_id"] is None, "a click on the old message is not one on the card"


async def test_a_message_that_only_its_row_knows_is_edited(pool: Pool) -> None:
    """Its worker recorded the post and died before it could tell the run."""
    await posted(pool)
    again = show("m2", revision=2)
    assert await cards.intend(pool, again, ASKED_AT) == (0, "1", SERVICE_URL, None)
    assert (await cards.record_shown(pool, again, "1")).recorded
    stored = await cards.restore(pool, KEY)
    assert (stored.activity_id, stored.marker, stored.unknown) == ("1", "m2", False)


async def test_a_message_that_only_its_row_knows_may_show_what_is_wanted(pool: Pool) -> None:
    await posted(pool)
    assert await cards.intend(pool, show("m2"), ASKED_AT) == (0, "1", SERVICE_URL, "m1")
    assert not (await cards.restore(pool, KEY)).unknown


async def test_a_late_post_is_superseded_where_another_was_recorded(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.intend(pool, show("m2"), ASKED_AT)
    assert await cards.record_shown(pool, show("m2"), "2") == (1, True, None)
    assert await cards.record_shown(pool, show("m1"), "1") == (1, False, "1")
    stored = await cards.restore(pool, KEY)
    assert (stored.activity_id, stored.marker, stored.orphans) == ("2", "m2", 1)


async def test_a_late_post_is_the_card_until_a_later_one_is_recorded(pool: Pool) -> None:
    await both_on_their_way(pool)
    stored = await cards.restore(pool, KEY)
    assert (stored.activity_id, stored.marker, stored.orphans, stored.unknown) == ("1", "m1", 0, True)
    assert await cards.record_shown(pool, show("m2"), "2") == (1, True, "1")
    stored = await cards.restore(pool, KEY)
    assert (stored.activity_id, stored.marker, stored.orphans, stored.unknown) == ("2", "m2", 1, False)


async def test_of_two_posts_recorded_at_the_same_moment_one_is_superseded(pool: Pool) -> None:
    """The second waits for the first one's commit, and sees what it left."""
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.intend(pool, show("m2"), ASKED_AT)
    async with transaction(pool) as connection:
        assert await cards.record_shown(connection, show("m1"), "1") == (0, True, None)
        second = asyncio.create_task(cards.record_shown(pool, show("m2"), "2"))
        await eventually(lambda: somebody_waits(pool))
    assert await second == (1, True, "1")
    assert await orphan_markers(pool) == ["m1"]


async def test_a_late_post_that_was_deleted_as_an_orphan_is_no_card(pool: Pool) -> None:
    """Somebody pressed it while the later post was refused."""
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.intend(pool, show("m2"), ASKED_AT)
    await cards.forget_intent(pool, show("m2"))
    await cards.forget_orphan(pool, KEY, "m1")
    assert await cards.record_shown(pool, show("m1"), "1") == (1, False, "1")
    assert (await row(pool))["activity_id"] is None, "the next post is a new message"


async def test_a_late_post_is_edited_where_the_later_one_certainly_did_not_happen(pool: Pool) -> None:
    await both_on_their_way(pool)
    await cards.forget_intent(pool, show("m2"))
    again = show("m3", revision=2)
    assert await cards.intend(pool, again, ASKED_AT) == (0, "1", SERVICE_URL, None)
    assert await cards.record_shown(pool, again, "1", found=True) == (0, True, None)


async def test_a_late_post_is_edited_where_the_later_ones_answer_was_lost(pool: Pool) -> None:
    await both_on_their_way(pool)
    again = show("m3", revision=2)
    assert await cards.intend(pool, again, ASKED_AT) == (1, "1", SERVICE_URL, None)
    assert await cards.record_shown(pool, again, "1", found=True) == (1, True, None)
    assert await cards.record_shown(pool, show("m2"), "2") == (1, False, "2"), "it comes late after all"
    stored = await cards.restore(pool, KEY)
    assert (stored.activity_id, stored.marker, stored.unknown) == ("1", "m3", False)


async def test_an_edit_of_a_late_post_leaves_the_later_one_an_orphan(pool: Pool) -> None:
    """Of a run that has restored the row."""
    await both_on_their_way(pool)
    assert await cards.record_shown(pool, show("m3", edits="1", revision=2), "1") == (1, True, None)
    assert not (await cards.restore(pool, KEY)).unknown


async def test_a_late_post_is_the_card_where_the_later_one_was_refused_before(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.intend(pool, show("m2"), ASKED_AT)
    await cards.forget_intent(pool, show("m2"))
    assert await cards.record_shown(pool, show("m1"), "1") == (0, True, None)


async def test_a_late_post_is_the_card_where_a_later_message_is_gone(pool: Pool) -> None:
    """It shows an older revision than the message that is gone did: the next edit mends that."""
    await cards.intend(pool, show("m1"), ASKED_AT)
    await posted(pool, "2", "m2", revision=2)
    await cards.forget_message(pool, KEY, "2")
    assert (await cards.record_shown(pool, show("m1"), "1")).recorded
    assert await cards.intend(pool, show("m3", revision=3), ASKED_AT) == (0, "1", SERVICE_URL, None)


@pytest.mark.parametrize("is_recorded", [False, True])
async def test_a_call_that_comes_after_a_later_one_intends_nothing(pool: Pool, is_recorded: bool) -> None:
    """Temporal gave it up, and the worker that is to make it was starved."""
    await cards.intend(pool, show("m2", revision=2), ASKED_AT)
    if is_recorded:
        await cards.record_shown(pool, show("m2", revision=2), "2")
    before = await row(pool)
    with pytest.raises(Conflict):
        await cards.intend(pool, show("m1"), ASKED_AT - timedelta(seconds=1))
    assert await row(pool) == before


async def both_on_their_way(pool: Pool) -> None:
    """Two workers have posted; the earlier post is recorded first, and late."""
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.intend(pool, show("m2"), ASKED_AT)
    assert await cards.record_shown(pool, show("m1"), "1") == (0, True, None)


async def test_a_late_edit_does_not_put_an_old_revision_back(pool: Pool) -> None:
    await posted(pool)
    older, newer = show("m1", edits="1", revision=2), show("m1", edits="1", revision=3)
    assert (await cards.record_shown(pool, newer, "1")).recorded
    assert not (await cards.record_shown(pool, older, "1")).recorded
    assert (await row(pool))["revision"] == 3


async def test_the_same_revision_may_be_shown_again(pool: Pool) -> None:
    await posted(pool)
    again = show("m1", edits="1")
    assert (await cards.record_shown(pool, again, "1")).recorded


# Orphans, by the marker that their message carries


async def orphan_markers(pool: Pool) -> list[str]:
    return list((await row(pool))["orphan_markers"])


async def find(pool: Pool, marker: str, activity_id: str = "9", card: CardKey = KEY) -> Orphan | None:
    return await cards.find_orphan(pool, card, marker=marker, activity_id=activity_id)


async def test_the_markers_of_lost_posts_are_kept(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    assert await orphan_markers(pool) == [], "it may be the card, whose row is a moment late"
    await cards.intend(pool, show("m2"), ASKED_AT)
    await cards.intend(pool, show("m3"), ASKED_AT)
    assert await orphan_markers(pool) == ["m1", "m2"]
    await cards.record_shown(pool, show("m3"), "3")
    assert await orphan_markers(pool) == ["m1", "m2"]


async def test_a_post_that_certainly_did_not_happen_leaves_no_marker(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.forget_intent(pool, show("m1"))
    await cards.intend(pool, show("m2"), ASKED_AT)
    assert await orphan_markers(pool) == []


async def test_a_message_that_was_said_to_be_gone_and_is_there_is_an_orphan(pool: Pool) -> None:
    """Teams says so at random, too."""
    await posted(pool)
    await cards.forget_message(pool, KEY, "1")
    assert await orphan_markers(pool) == ["m1"]
    await posted(pool, "2", "m2")
    assert await find(pool, "m1", "1") == (SERVICE_URL, False)


async def test_an_orphan_that_turns_out_to_be_the_card_is_none(pool: Pool) -> None:
    await cards.intend(pool, show("m1"), ASKED_AT)
    await cards.intend(pool, show("m2"), ASKED_AT)
    await cards.forget_intent(pool, show("m2"))
    assert await orphan_markers(pool) == ["m1"]
    assert (await cards.record_shown(pool, show("m1"), "1")).recorded
    assert await orphan_markers(pool) == []


async def test_the_list_of_orphans_is_bounded_to_the_newest(pool: Pool) -> None:
    for number in range(30):
        await cards.intend(pool, show(f"m{number}"), ASKED_AT)
    assert await orphan_markers(pool) == [f"m{number}" for number in range(9, 29)]
    assert (await row(pool))["orphans"] == 29


async def test_an_orphan_is_found_by_a_marker_that_its_own_card_has_left_behind(pool: Pool) -> None:
    await cards.intend(pool, show("lost"), ASKED_AT)
    await posted(pool, "1", "m1")
    assert await find(pool, "lost") == (SERVICE_URL, False)
    assert await find(pool, "m1") is None
    assert await find(pool, "made up") is None
    assert await find(pool, "lost", card=KEY.model_copy(update={"incident_id": "Q2"})) is None
    await cards.forget_orphan(pool, KEY, "lost")
    assert await find(pool, "lost") is None


async def test_what_a_row_of_the_conversation_knows_is_no_orphan(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, activity_id)"
        " VALUES ($1, 'Q2', $2, '2')",
        *(ACCOUNT, OPS),
    )
    await cards.record_reply(pool, KEY.model_copy(update={"incident_id": "Q2"}), "3")
    await cards.intend(pool, show("lost"), ASKED_AT)
    await posted(pool, "1", "m1")
    assert [await find(pool, "lost", message) for message in ("1", "2", "3")] == [None] * 3
    assert await find(pool, "lost", "4") == (SERVICE_URL, False)


async def test_the_list_of_replies_is_bounded_to_the_newest(pool: Pool) -> None:
    for number in range(60):
        await cards.record_reply(pool, KEY, str(number))
    assert (await row(pool))["replies"] == [str(number) for number in range(10, 60)]


# Announcements

SAID, SAID_LATER = "resolved@2026-01-01T10:05:00+00:00", "reopened@2026-01-01T10:06:00+00:00"


async def test_an_announcement_is_intended_once(pool: Pool) -> None:
    assert await cards.intend_announcement(pool, KEY, SAID) == ReplyPlace(SERVICE_URL, has_threads=True)
    assert not await cards.intend_announcement(pool, KEY, SAID)
    assert await cards.intend_announcement(pool, KEY, SAID_LATER)
    assert (await cards.restore(pool, KEY)).notified == (SAID, SAID_LATER)


async def test_one_of_many_at_once_may_say_it(pool: Pool) -> None:
    allowed = await asyncio.gather(*(cards.intend_announcement(pool, KEY, SAID) for _ in range(8)))
    assert sorted(allowed, key=str) == [None] * 7 + [ReplyPlace(SERVICE_URL, has_threads=True)]


@pytest.mark.parametrize("kind", ["group", "personal"])
async def test_a_chat_has_no_thread_for_an_announcement(pool: Pool, kind: str) -> None:
    await pool.execute("UPDATE conversation SET kind = $1, team = NULL WHERE id = $2", kind, OPS)
    assert await cards.intend_announcement(pool, KEY, SAID) == ReplyPlace(SERVICE_URL, has_threads=False)


async def test_an_announcement_that_certainly_was_not_said_may_be_tried_again(pool: Pool) -> None:
    await cards.intend_announcement(pool, KEY, SAID)
    await cards.withdraw_announcement(pool, KEY, SAID)
    assert await cards.intend_announcement(pool, KEY, SAID)


async def test_the_list_of_announcements_is_bounded_to_the_newest(pool: Pool) -> None:
    keys = [f"note@2026-01-01T10:05:00+00:00/{number}" for number in range(60)]
    for key in keys:
        assert await cards.intend_announcement(pool, KEY, key)
    assert (await cards.restore(pool, KEY)).notified == tuple(keys[-50:])


async def test_an_announcement_of_a_card_nobody_registered_is_not_said(pool: Pool) -> None:
    assert not await cards.intend_announcement(pool, KEY.model_copy(update={"incident_id": "Q2"}), SAID)
