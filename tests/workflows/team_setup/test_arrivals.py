"""What arrives in each step: installations, removals, clicks on old cards, authorizations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities
from tests.workflows.team_setup.running import ADA, BO, TEAM, Run, running
from workflows.team_setup.messages import Authorized

pytestmark = pytest.mark.anyio

STEPS = ("choosing", "authorizing", "consenting", "complete")
CARD = {"choosing": "installer/1", "authorizing": "installer/1", "consenting": "consent/1"}


@asynccontextmanager
async def at(client: Client, step: str) -> AsyncIterator[Run]:
    """A set-up in this step, with everything shown; Ada installed the app."""
    accounts = ("acme", "umbrella") if step == "choosing" else ("acme",)
    async with running(client, FakeActivities(*accounts)) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "choosing" if step == "choosing" else "open")
        if step in ("consenting", "complete"):
            await run.is_authorized()
            await run.shows("consent/1", ADA, "open")
            await run.shows("welcome/1", None, "open")
            await run.shows("installer/1", ADA, "authorized")
        if step == "complete":
            run.outside.missing = ()
            await run.consent_returns()
            assert await run.ends() == "complete"
        else:
            await run.outside.until(lambda: run.outside.step == step)
            await run.is_idle()
        yield run


async def rests(run: Run) -> None:
    """Wait until what arrived is done with."""
    if run.outside.step in ("complete", "removed", "abandoned"):
        await run.ends()
    else:
        await run.is_idle()


@pytest.mark.parametrize("step", STEPS)
async def test_an_installation_that_is_told_again_changes_nothing(client: Client, step: str) -> None:
    async with at(client, step) as run:
        messages, offers = run.outside.messages, len(run.outside.offers)
        sent = len(run.outside.sent)
        again = run.event("installed", ADA)
        await run.hears(again, again, run.event("installed", None))
        await rests(run)
        assert run.outside.messages == messages
        assert (len(run.outside.sent), len(run.outside.offers)) == (sent, offers)
        assert run.outside.step == step


@pytest.mark.parametrize("step", ["choosing", "authorizing"])
async def test_somebody_else_who_installs_gets_the_card_and_the_old_one_says_so(
    client: Client, step: str
) -> None:
    async with at(client, step) as run:
        before = run.outside.open_links
        await run.is_installed(BO)
        await run.shows("installer/1", ADA, "handed_over")
        assert run.outside.of("installer/1", "ada")[-1].by == "Bo Call"
        await run.shows("installer/2", BO, "choosing" if step == "choosing" else "open")
        assert not set(before) & set(run.outside.open_links), "the link before is dead"
        assert run.outside.installer == "bo"


async def test_somebody_else_who_installs_while_consenting_gets_the_consent_card_too(client: Client) -> None:
    async with at(client, "consenting") as run:
        await run.is_installed(BO)
        await run.shows("consent/2", BO, "open")
        assert run.outside.showing("consent/1", "ada") == "open"
        links = {
            view.offer
            for name, who in (("consent/1", "ada"), ("consent/2", "bo"))
            for view in run.outside.of(name, who)
        }
        assert len(links) == 1


async def test_somebody_else_who_installs_later_is_told_how_it_stands(client: Client) -> None:
    async with at(client, "complete") as run:
        await run.is_installed(BO)
        assert await run.ends() == "complete"
        (view,) = run.outside.of("installer/2", "bo")
        assert (view.showing, view.account, view.by) == ("authorized", "acme", "Grace Admin")


@pytest.mark.parametrize("step", STEPS)
async def test_what_is_older_than_the_installation_is_no_removal(client: Client, step: str) -> None:
    async with at(client, step) as run:
        sent = len(run.outside.sent)
        await run.hears(run.event("removed", ADA, at=run.now() - timedelta(hours=1)))
        await rests(run)
        assert (run.outside.step, len(run.outside.sent)) == (step, sent)


@pytest.mark.parametrize("step", STEPS)
async def test_what_is_older_than_the_removal_is_no_installation(client: Client, step: str) -> None:
    async with at(client, step) as run:
        early = run.event("installed", BO)
        await run.hears(run.event("removed", ADA))
        assert await run.ends() == "removed"
        messages = run.outside.messages
        await run.hears(early)
        assert await run.ends() == "removed"
        assert run.outside.messages == messages


@pytest.mark.parametrize("event", ["removed", "teamDeleted", "teamHardDeleted"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_removal_ends_the_links_and_the_run_and_the_cards_say_so(
    client: Client, step: str, event: str
) -> None:
    async with at(client, step) as run:
        await run.hears(run.event(event, ADA))
        assert await run.ends() == "removed"
        assert run.outside.open_links == []
        assert (run.outside.step, run.outside.removed) == ("removed", True)
        card = CARD.get(step)
        if card is not None:
            assert run.outside.showing(card, "ada") == "removed"


@pytest.mark.parametrize("step", STEPS)
async def test_any_click_after_a_removal_is_answered_by_a_new_run(client: Client, step: str) -> None:
    async with at(client, step) as run:
        await run.hears(run.event("removed", ADA))
        assert await run.ends() == "removed"
        runs = len(run.runs)
        for verb in ("renew", "not_admin", "choose_account", "appconnect", "authorize"):
            assert await run.clicks(verb, account="acme", offer=1) == "removed"
            assert await run.ends() == "removed"
        assert len(run.runs) == runs + 5


async def test_an_app_that_comes_back_late_is_authorized_again_for_the_account_that_the_team_had(
    client: Client,
) -> None:
    outside = FakeActivities("acme", "umbrella")
    async with running(client, outside) as run:
        await run.is_installed(ADA, at=run.now() - timedelta(days=40))
        await run.shows("installer/1", ADA, "choosing")
        await run.clicks("choose_account", account="umbrella")
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        await run.hears(run.event("removed", ADA, at=run.now() - timedelta(days=31)))
        assert await run.ends() == "removed"
        await run.is_installed(BO)
        await run.shows("installer/2", BO, "open")
        assert outside.of("installer/2", "bo")[-1].account == "umbrella"
        assert outside.authorized_at is None
        await run.is_authorized()
        await run.shows("installer/2", BO, "authorized")
        await run.shows("consent/2", BO, "open")
        await run.is_idle()
        assert [name for name, _ in outside.messages if name.startswith("welcome")] == ["welcome/1"]


async def test_an_app_that_comes_back_by_nobody_has_no_installer(client: Client) -> None:
    async with at(client, "authorizing") as run:
        await run.hears(run.event("removed", ADA))
        assert await run.ends() == "removed"
        assert run.outside.installer == "ada"
        await run.is_installed(None)
        await run.shows("way-on/1", None, "open")
        await run.outside.until(lambda: run.outside.step == "authorizing")
        assert run.outside.installer is None


async def test_a_team_that_is_restored_is_set_up_by_who_installed_the_app(client: Client) -> None:
    async with at(client, "authorizing") as run:
        await run.hears(run.event("teamDeleted", BO))
        assert await run.ends() == "removed"
        await run.hears(run.event("teamRestored", BO))
        await run.shows("installer/2", ADA, "open")
        assert run.outside.installer == "ada"


@pytest.mark.parametrize("event", ["teamRestored", "teamArchived", "teamUnarchived", "channelCreated"])
async def test_other_events_of_a_team_give_its_setup_to_nobody_else(client: Client, event: str) -> None:
    async with at(client, "authorizing") as run:
        messages = run.outside.messages
        await run.hears(run.event(event, BO))
        await run.is_idle()
        assert run.outside.messages == messages


@pytest.mark.parametrize("notice", ["installer/1", None], ids=["its card", "a command"])
async def test_an_open_link_that_somebody_renews_dies_and_comes_as_one_new_message(
    client: Client, notice: str | None
) -> None:
    async with at(client, "authorizing") as run:
        (before,) = run.outside.open_links
        assert await run.clicks("renew", notice=notice) == "sent_privately"
        await run.shows("installer/2", ADA, "open")
        await run.shows("installer/1", ADA, "replaced")
        (link,) = run.outside.open_links
        assert link.id != before.id
        assert run.outside.of("installer/2", "ada")[-1].offer == link.id
        assert await run.clicks("authorize", BO, offer=before.id) == "not_under_way", "the old KEY is dead"


async def test_the_choice_of_an_account_is_sent_anew_to_whoever_asks(client: Client) -> None:
    async with at(client, "choosing") as run:
        assert await run.clicks("renew", notice="installer/1") == "sent_privately"
        await run.shows("installer/2", ADA, "choosing")
        await run.shows("installer/1", ADA, "replaced")
        assert run.outside.offers == []


@pytest.mark.parametrize("step", ["choosing", "authorizing"])
async def test_clicks_on_an_old_card_come_to_the_one_new_message(client: Client, step: str) -> None:
    async with at(client, step) as run:
        click = run.pressed(notice="installer/1")
        assert (await run.ask("renew", click)).reply == "sent_privately"
        assert (await run.ask("renew", click)).reply == "sent_privately", "delivered again"
        await run.signal("renew", click)
        assert await run.clicks("renew", notice="installer/1") == "sent_privately", "pressed twice"
        await run.shows("installer/1", ADA, "replaced")
        assert await run.clicks("renew", notice="installer/1") == "sent_privately", "an old card"
        await run.is_idle()
        assert run.outside.messages == [("installer/1", "ada"), ("installer/2", "ada")]
        assert len(run.outside.offers) == (0 if step == "choosing" else 2)


async def test_the_button_in_the_channel_writes_to_each_person_once(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(None)
        await run.shows("way-on/1", None, "open")
        await run.clicks("renew", BO, notice="way-on/1")
        await run.shows("installer/1", BO, "open")
        await run.clicks("renew", BO, notice="way-on/1")
        await run.is_idle()
        assert run.outside.messages == [("way-on/1", TEAM), ("installer/1", "bo")]
        await run.clicks("renew", ADA, notice="way-on/1")
        await run.shows("installer/2", ADA, "open")
        await run.shows("installer/1", BO, "handed_over")


@pytest.mark.parametrize(
    ("step", "reply"), [("consenting", "already_connected"), ("complete", "already_complete")]
)
@pytest.mark.parametrize("verb", ["renew", "not_admin", "choose_account", "authorize"])
async def test_buttons_of_an_old_card_are_answered_as_it_stands(
    client: Client, step: str, reply: str, verb: str
) -> None:
    async with at(client, step) as run:
        messages = run.outside.messages
        answer = await run.ask(verb, run.pressed(ADA, account="acme", offer=1))
        assert (answer.reply, answer.to) == (reply, "acme")
        await rests(run)
        assert run.outside.messages == messages


@pytest.mark.parametrize("step", ["consenting", "complete"])
async def test_an_authorization_that_is_reported_again_changes_nothing(client: Client, step: str) -> None:
    async with at(client, step) as run:
        sent = len(run.outside.sent)
        assert (await run.ask("authorized", Authorized(offer=1))).reply == "already_connected"
        await rests(run)
        assert (len(run.outside.sent), run.outside.step) == (sent, step)


async def test_an_authorization_that_no_row_knows_is_refused(client: Client) -> None:
    async with at(client, "authorizing") as run:
        assert (await run.ask("authorized", Authorized(offer=17))).reply == "not_under_way"
        await run.is_idle()
        assert run.outside.step == "authorizing"


async def test_an_authorization_for_another_account_than_the_teams_names_that_one(client: Client) -> None:
    async with at(client, "consenting") as run:
        answer = await run.ask("authorized", Authorized(offer=17))
        assert (answer.reply, answer.to) == ("already_connected", "acme")


async def test_an_authorization_that_nobody_reports_is_found_by_the_next_run(client: Client) -> None:
    async with at(client, "authorizing") as run:
        run.outside.spend(run.outside.open_links[0].id)
        await run.handle.terminate("an operator")
        await run.hears(run.event("teamRenamed", name="Payments"))
        await run.shows("installer/1", ADA, "authorized")
        await run.shows("welcome/1", None, "open")
        assert run.outside.messages.count(("welcome/1", TEAM)) == 1


async def test_a_team_of_which_nobody_told_an_installation_begins_with_whatever_is_told(
    client: Client,
) -> None:
    async with running(client) as run:
        await run.hears(run.event("teamRenamed", name="Payments & Co."))
        await run.shows("way-on/1", None, "open")
        assert run.outside.step == "authorizing"
