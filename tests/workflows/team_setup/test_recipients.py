"""Whom messages reach: somebody who cannot be written to, nobody, answers that are lost."""

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities, Row
from tests.workflows.team_setup.running import ADA, BO, OPS, TEAM, running
from workflows.errors import (
    BotRemoved,
    CardGone,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RequestInvalid,
)
from workflows.team_setup.activities import MAKE_OFFER, READ_NAMES, RECORD_SETUP, RESTORE_SETUP, SHOW_NOTICE

pytestmark = pytest.mark.anyio
LOST = OutcomeUnknown("the answer was lost")
DOWN = ProviderUnavailable("no connection")


async def test_an_installation_by_nobody_is_told_to_the_chosen_channel(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(None, channel=OPS)
        await run.shows("way-on/1", None, "open", channel=OPS)
        assert run.outside.messages == [("way-on/1", OPS)]
        (view,) = run.outside.of("way-on/1", OPS)
        assert (view.offer, view.expanded) == (None, False), "everybody reads it"


async def test_whoever_asks_in_the_channel_gets_the_card(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(None)
        await run.shows("way-on/1", None, "open")
        assert await run.clicks("renew", BO, notice="way-on/1") == "sent_privately"
        await run.shows("installer/1", BO, "open")
        await run.is_authorized()
        await run.shows("way-on/1", None, "authorized")
        await run.shows("consent/1", BO, "open")


@pytest.mark.parametrize("error", [Forbidden("no"), NotFound("no"), BotRemoved("no")])
async def test_an_installer_who_cannot_be_written_to_is_told_in_the_channel(
    client: Client, error: OutsideError
) -> None:
    outside = FakeActivities()
    outside.cannot_write_to("ada", error)
    async with running(client, outside) as run:
        await run.is_installed(ADA, channel=OPS)
        await run.shows("way-on/1", None, "open", channel=OPS)
        await run.is_installed(ADA, channel=OPS)
        await run.is_idle()
        assert outside.messages == [("way-on/1", OPS)], "once"


async def test_somebody_else_goes_on_where_the_installer_cannot_be_written_to(client: Client) -> None:
    outside = FakeActivities()
    outside.cannot_write_to("ada", Forbidden("blocked"))
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("way-on/1", None, "open")
        await run.clicks("renew", BO)
        await run.shows("installer/2", BO, "open")
        assert len([link for link in outside.open_links if link.kind == "authorize"]) == 1


async def test_a_private_message_whose_answer_was_lost_is_sent_again(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_NOTICE, LOST)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")


async def test_a_greeting_whose_answer_was_lost_is_not_sent_again(client: Client) -> None:
    """The row is asked once more, and says that it may be there."""
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.cannot_write_to(TEAM, LOST)
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"
        shown = [
            called.summary for called in (await run.timeline()).activities if called.name == SHOW_NOTICE.name
        ]
        assert [summary for summary in shown if summary.startswith("welcome")] == [
            "welcome/1 · channel · open"
        ] * 2
        assert run.outside.of("welcome/1", TEAM) == []


async def test_a_greeting_that_was_lost_before_it_began_is_sent(client: Client) -> None:
    """A worker that dies leaves an outcome unknown, also where it had not committed its intent."""
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.missing = ()
        run.outside.fails(SHOW_NOTICE, *[LOST] * 3)
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert len(run.outside.of("welcome/1", TEAM)) == 1


async def test_a_card_that_was_deleted_is_sent_anew_while_it_is_of_use(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.fails(SHOW_NOTICE, CardGone("deleted"))
        await run.clicks("not_admin")
        await run.outside.until(lambda: run.outside.of("installer/1", "ada")[-1].expanded)


async def test_a_card_that_was_deleted_is_not_missed_when_it_is_done(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.fails(SHOW_NOTICE, CardGone("deleted"))
        await run.hears(run.event("removed", ADA))
        assert await run.ends() == "removed"
        assert run.outside.showing("installer/1", "ada") == "open"


@pytest.mark.parametrize(
    "row", [RESTORE_SETUP, RECORD_SETUP, MAKE_OFFER, SHOW_NOTICE, READ_NAMES], ids=lambda row: row.name
)
async def test_what_fails_for_a_moment_is_done_later(client: Client, row: Row) -> None:
    outside = FakeActivities()
    outside.fails(row, DOWN)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await outside.until(lambda: outside.step == "authorizing" and outside.named > 0)
        await run.until_attribute("Attention", "ok")


@pytest.mark.parametrize("error", [DOWN, LOST], ids=["not sent", "answer lost"])
async def test_a_run_ends_when_its_last_messages_are_shown(client: Client, error: OutsideError) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        for name, person, showing in (
            ("installer/1", ADA, "authorized"),
            ("welcome/1", None, "open"),
            ("consent/1", ADA, "open"),
        ):
            await run.shows(name, person, showing)
        run.outside.missing = ()
        run.outside.fails(SHOW_NOTICE, error)
        await run.consent_returns()
        assert await run.ends() == "complete"
        assert run.outside.showing("consent/1", "ada") == "complete"


async def test_general_is_greeted_after_an_outage_although_nothing_else_is_left_to_do(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.missing = ()
        run.outside.fails(SHOW_NOTICE, *[DOWN] * 3)
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert run.outside.showing("welcome/1", TEAM) == "open"
        assert run.outside.showing("installer/1", "ada") == "authorized"
        assert run.outside.showing("consent/1", "ada") == "complete"


async def test_a_message_that_is_refused_for_good_holds_no_run(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.missing = ()
        run.outside.cannot_write_to("ada", RequestInvalid("no"))
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert run.outside.showing("welcome/1", TEAM) == "open"


async def test_names_that_cannot_be_read_hold_nothing_up(client: Client) -> None:
    outside = FakeActivities()
    outside.missing = ()
    outside.fails(READ_NAMES, *[Forbidden("no")] * 50)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.until_attribute("Attention", "degraded")
        await run.is_authorized()
        assert await run.ends() == "complete"


async def test_a_new_name_stands_on_the_cards(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.name = "Payments & Co."
        await run.hears(run.event("teamRenamed", name="Payments & Co."))
        await run.outside.until(
            lambda: run.outside.of("installer/1", "ada")[-1].team_name == "Payments & Co."
        )


async def test_the_name_of_a_channel_is_not_the_teams(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.outside.until(lambda: run.outside.named == 1)
        await run.hears(run.event("channelRenamed", name="ops-2"))
        await run.outside.until(lambda: run.outside.named == 2)
        await run.is_idle()
        assert {one.view.team_name for one in run.outside.sent} == {"Payments"}
