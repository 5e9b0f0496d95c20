"""One personal offer: one message, which says how it stands until the person is linked or time is over."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.workflows.account_link.outside import FakeActivities
from tests.workflows.account_link.running import BRIEF, LONG, OPS, Run, running
from workflows.account_link.activities import MAKE_PERSONAL_OFFER, RESTORE_LINK, SHOW_LINK
from workflows.account_link.messages import Linked
from workflows.account_link.state import Why
from workflows.errors import CardGone, Forbidden, OutcomeUnknown, RequestInvalid

pytestmark = pytest.mark.anyio


async def offered(run: Run) -> None:
    await run.asks()
    await run.shows("link/1", "open")


async def expired(run: Run) -> None:
    await offered(run)
    assert await run.ends() == "expired"
    run.deadlines = LONG


async def test_whoever_asks_gets_one_private_message_and_is_linked_by_it(client: Client) -> None:
    async with running(client) as run:
        answer = await run.asks()
        assert (answer.reply, answer.place) == ("sent", "private")
        await run.shows("link/1", "open")
        (shown,) = run.outside.sent
        (offer,) = run.outside.open_offers
        assert (shown.view.offer, shown.view.until, shown.asked_in) == (offer.id, offer.expires_at, None)
        answer = await run.links()
        assert (answer.reply, answer.name) == ("done", "Cy of PagerDuty")
        assert await run.ends() == "linked"
    assert run.outside.messages == ["link/1"]
    assert (run.outside.of("link/1")[-1].showing, run.outside.of("link/1")[-1].user) == (
        "linked",
        "Cy of PagerDuty",
    )


async def test_an_offer_that_nobody_uses_expires_and_its_message_says_so(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await expired(run)
        assert [view.showing for view in run.outside.of("link/1")] == ["open", "expired"]
        timers = [waited.summary for waited in (await run.timeline()).timers]
        assert "the link expires" in timers


@pytest.mark.parametrize("name", ["renew", "offer"])
async def test_the_next_run_sends_a_new_message_and_the_old_one_says_so(client: Client, name: str) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await expired(run)
        assert (await run.ask(name, run.request())).reply == "sent"
        await run.shows("link/2", "open")
        await run.shows("link/1", "replaced")
        old, new = run.outside.offers
        assert (old.state, new.state) == ("expired", "open")
        assert run.outside.of("link/2")[-1].offer == new.id
    assert len(run.runs) == 2


async def test_asked_for_again_while_it_is_open_the_same_message_is_pointed_to(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        for name in ("offer", "renew"):
            answer = await run.ask(name, run.request())
            assert (answer.reply, answer.place) == ("waiting", "private")
        await run.is_idle()
    assert run.outside.messages == ["link/1"]
    assert len(run.outside.offers) == 1


async def test_the_same_request_again_gets_the_same_answer(client: Client) -> None:
    async with running(client) as run:
        request = run.request()
        assert (await run.ask("offer", request)).reply == "sent"
        assert (await run.ask("offer", request)).reply == "sent"
        await run.shows("link/1", "open")


async def test_a_message_in_the_conversation_is_pointed_to_there(client: Client) -> None:
    async with running(client) as run:
        await run.clicks()
        await run.shows("link/1", "open")
        assert run.outside.sent[0].asked_in == OPS
        answer = await run.asks()
        assert (answer.reply, answer.place) == ("waiting", "here")


async def test_a_message_that_teams_took_in_the_private_chat_alone_is_pointed_to_there(
    client: Client,
) -> None:
    outside = FakeActivities()
    outside.refuses_targeted = True
    async with running(client, outside) as run:
        await run.clicks()
        await run.shows("link/1", "open")
        await run.is_idle()
        assert (await run.asks()).place == "private"


async def test_whoever_is_linked_is_told_as_whom_and_gets_no_offer(client: Client) -> None:
    outside = FakeActivities()
    outside.is_linked("Cy of PagerDuty")
    async with running(client, outside) as run:
        answer = await run.asks()
        assert (answer.reply, answer.name) == ("already_linked", "Cy of PagerDuty")
        assert await run.ends() == "linked"
    assert (outside.sent, outside.offers) == ([], [])


async def test_whose_year_ends_is_offered_a_link_although_they_are_linked(client: Client) -> None:
    outside = FakeActivities()
    authorized_at = datetime(2026, 1, 1, tzinfo=UTC)
    before = outside.is_linked(authorized_at=authorized_at)
    async with running(client, outside) as run:
        assert (await run.asks("year")).reply == "sent"
        await run.shows("link/1", "open")
        view = outside.of("link/1")[-1]
        assert (view.why, view.year_ends_at) == ("year", authorized_at + timedelta(days=365))
        await run.links()
        assert await run.ends() == "linked"
    assert outside.known is not None
    assert outside.known.id != before.id


async def test_the_button_of_an_expired_message_about_the_year_gets_another_link(client: Client) -> None:
    outside = FakeActivities()
    outside.is_linked(is_told_of_year=True)
    async with running(client, outside, deadlines=BRIEF) as run:
        await run.asks("year")
        assert await run.ends() == "linked"
        assert outside.showing("link/1") == "expired"
        run.deadlines = LONG
        assert (await run.ask("renew", run.request())).reply == "sent"
        await run.shows("link/2", "open")
        assert outside.of("link/2")[-1].why == "year"


@pytest.mark.parametrize("why", ["ended", "user_gone"])
async def test_whose_link_has_ended_is_told_why_with_an_offer(client: Client, why: Why) -> None:
    async with running(client) as run:
        assert (await run.asks(why)).reply == "sent"
        await run.shows("link/1", "open")
        assert run.outside.of("link/1")[-1].why == why


async def test_an_open_message_tells_of_an_end_too(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        assert (await run.asks("ended")).reply == "waiting"
        await run.outside.until(lambda: run.outside.of("link/1")[-1].why == "ended")
    assert run.outside.messages == ["link/1"]


async def test_the_end_of_a_link_that_was_made_anew_since_is_not_told(client: Client) -> None:
    outside = FakeActivities()
    outside.is_linked()
    async with running(client, outside) as run:
        assert (await run.asks("ended")).reply == "already_linked"
        await run.ends()
    assert outside.sent == []


async def test_a_report_that_starts_a_run_edits_the_message_and_ends(client: Client) -> None:
    """The run that made the offer is gone: an operator has ended it."""
    async with running(client) as run:
        await offered(run)
        await run.is_idle()
        await run.handle.terminate("an operator")
        assert (await run.links()).reply == "done"
        assert await run.ends() == "linked"
    assert [view.showing for view in run.outside.of("link/1")] == ["open", "linked"]


async def test_a_report_of_an_offer_that_was_told_already_changes_nothing(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        await run.links()
        await run.ends()
        before = len(run.outside.sent)
        assert (await run.ask("linked", Linked(offer=1))).reply == "done"
        assert await run.ends() == "linked"
    assert len(run.outside.sent) == before


async def test_a_report_of_an_offer_that_expired_is_not_under_way(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await expired(run)
        assert (await run.ask("linked", Linked(offer=1))).reply == "not_under_way"
        assert await run.ends() == "expired"


async def test_an_open_offer_of_an_earlier_run_is_pointed_to_by_the_next(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        await run.is_idle()
        await run.handle.terminate("an operator")
        answer = await run.asks()
        assert (answer.reply, answer.place) == ("waiting", "private")
        await run.is_idle()
    assert run.outside.messages == ["link/1"]
    assert len(run.outside.offers) == 1


async def test_a_deadline_that_finds_the_offer_spent_goes_on(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await offered(run)
        run.outside.spend(run.outside.open_offers[0].id)
        assert await run.ends() == "linked"
    assert [view.showing for view in run.outside.of("link/1")] == ["open", "linked"]


async def test_a_request_finds_out_that_the_offer_was_spent_before_anybody_reports_it(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        run.outside.spend(run.outside.open_offers[0].id)
        assert (await run.asks()).reply == "already_linked"
        assert await run.ends() == "linked"
    assert run.outside.showing("link/1") == "linked"


async def test_an_offer_that_died_with_an_unlinking_is_made_anew(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        run.outside.unlink()
        assert (await run.asks()).reply == "sent"
        await run.shows("link/2", "open")
        await run.shows("link/1", "replaced")
        assert len(run.outside.open_offers) == 1


async def test_an_offer_whose_row_is_gone_is_over(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await offered(run)
        run.outside.loses(1)
        assert await run.ends() == "expired"
    assert run.outside.showing("link/1") == "expired"


async def test_what_tells_of_a_link_goes_on_telling_it_when_a_new_one_is_asked_for(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        await run.links()
        await run.ends()
        run.outside.unlink()
        assert (await run.asks()).reply == "sent"
        await run.shows("link/2", "open")
        await run.is_idle()
    assert run.outside.showing("link/1") == "linked"


async def test_a_message_that_somebody_deleted_is_sent_anew_while_the_offer_is_open(client: Client) -> None:
    async with running(client) as run:
        await offered(run)
        run.outside.fails(SHOW_LINK, CardGone("deleted"))
        await run.asks("ended")
        await run.outside.until(lambda: run.outside.of("link/1")[-1].why == "ended")


async def test_a_message_that_somebody_deleted_is_not_missed_once_it_is_over(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await offered(run)
        run.outside.fails(SHOW_LINK, CardGone("deleted"))
        assert await run.ends() == "expired"
    assert [view.showing for view in run.outside.of("link/1")] == ["open"]


async def test_teams_that_refuses_the_person_is_for_operators_to_see_until_the_deadline(
    client: Client,
) -> None:
    """The private chat is closed, and the targeted message was refused before it."""
    async with running(client, deadlines=LONG.model_copy(update={"link": 4})) as run:
        run.outside.fails(SHOW_LINK, *[Forbidden("the app is not installed for this person")] * 9)
        await run.asks()
        await run.until_attribute("Attention", "degraded")
        assert "⚠ message: Forbidden" in await run.details()
        assert await run.ends() == "expired"
    assert run.outside.sent == []


async def test_whoever_could_not_be_written_to_asks_again_and_is_tried_at_once(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(SHOW_LINK, Forbidden("not installed"))
        await run.asks()
        await run.until_attribute("Attention", "degraded")
        assert (await run.asks()).reply == "sent"
        await run.shows("link/2", "open")
        await run.until_attribute("Attention", "ok")
    assert run.outside.messages == ["link/2"]
    assert len(run.outside.offers) == 1


async def test_a_message_whose_answer_was_lost_is_sent_again(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(SHOW_LINK, OutcomeUnknown("lost"))
        await offered(run)


async def test_an_offer_that_cannot_be_made_ends_by_its_deadline(client: Client) -> None:
    async with running(client, deadlines=LONG.model_copy(update={"link": 3})) as run:
        run.outside.fails(MAKE_PERSONAL_OFFER, *[RequestInvalid("no such account")] * 9)
        await run.asks()
        await run.until_attribute("Attention", "degraded")
        assert await run.ends() == "expired"
    assert run.outside.sent == []


async def test_rows_that_cannot_be_read_are_for_operators_to_see(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(RESTORE_LINK, RequestInvalid("there is no such account"))
        await run.signal("offer", run.request())
        await run.until_attribute("Attention", "waiting")
        assert "⚠ restore: RequestInvalid, waiting until" in await run.details()
        await run.handle.terminate("its back-off takes minutes")
        await offered(run)


async def test_whose_last_team_is_forgotten_is_told_once_without_an_offer_that_could_expire(
    client: Client,
) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await run.asks("teams_gone")
        assert await run.ends() == "expired"
        (view,) = run.outside.of("link/1")
        assert (view.showing, view.why, view.offer, view.until) == ("open", "teams_gone", None, None)


async def test_whoever_asks_after_their_last_team_was_forgotten_gets_the_link(client: Client) -> None:
    async with running(client) as run:
        await run.asks("teams_gone")
        await run.shows("link/1", "open")
        assert (await run.asks()).reply == "waiting"
        (offer,) = run.outside.open_offers
        await run.outside.until(lambda: run.outside.of("link/1")[-1].offer == offer.id)
