"""What happens to a team after its set-up: channels are suspended and revived, and somebody is told, once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.client import Client

from tests.support.waiting import eventually
from tests.workflows.team_setup.outside import SERVICES, FakeActivities, place_of
from tests.workflows.team_setup.running import ADA, BO, GRACE, OPS, Run, running
from workflows.bringing_in.activities import BRING_IN, OfConnection
from workflows.errors import Forbidden, ProviderUnavailable
from workflows.team_setup.activities import FIND_CHANNEL, FOLLOW_TEAM, SHOW_NOTICE, Found
from workflows.team_setup.changes import Connected
from workflows.team_setup.messages import ChannelHeard, SendRefused

pytestmark = pytest.mark.anyio

CALLS = "19:calls@thread.tacv2"
BOTH = {OPS, CALLS}
ROWS = [
    ("channelDeleted", "channelRestored", {OPS}),
    ("teamArchived", "teamUnarchived", BOTH),
    ("teamDeleted", "teamRestored", BOTH),
    ("removed", "installed", BOTH),
]
"""What takes away, what brings back, and which channels."""


@asynccontextmanager
async def connected(client: Client) -> AsyncIterator[Run]:
    """A set-up that is complete, of a team with two channels that show incidents; Ada installed the app."""
    outside = FakeActivities()
    outside.missing, outside.channels = (), (OPS, CALLS)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        assert await run.ends() == "complete"
        yield run


def told(run: Run) -> list[tuple[str, str, str | None, set[str]]]:
    """Whom was told what of which channels, and why: each message as it is now."""
    found = {}
    for one in run.outside.sent:
        if one.view.kind == "life":
            view = one.view
            found[one.name] = (one.recipient, view.showing, view.because, set(view.channels))
    return list(found.values())


def came_in(run: Run) -> list[OfConnection]:
    """The connections whose open incidents PagerDuty was asked for, in order."""
    return [one.connection for one in run.outside.brought]


def connections_of(channels: set[str]) -> set[OfConnection]:
    return {place_of(channel, service) for channel in channels for service in SERVICES}


@pytest.mark.parametrize(("takes", "brings", "channels"), ROWS)
async def test_channels_are_suspended_and_revived_and_the_installer_is_told_once(
    client: Client, takes: str, brings: str, channels: set[str]
) -> None:
    async with connected(client) as run:
        away = run.event(takes, ADA, channel=OPS)
        await run.hears(away, away)
        await run.ends()
        assert run.outside.suspended == channels
        back = run.event(brings, ADA, channel=OPS)
        await run.hears(back, back)
        assert await run.ends() == "complete"
        assert run.outside.suspended == set()
        assert told(run) == [("ada", "suspended", takes, channels), ("ada", "revived", brings, channels)]
        assert len(came_in(run)) == len(connections_of(channels)), "once each"
        assert set(came_in(run)) == connections_of(channels)


@pytest.mark.parametrize(("takes", "brings", "channels"), ROWS)
async def test_an_event_that_is_older_than_one_that_was_acted_on_is_ignored(
    client: Client, takes: str, brings: str, channels: set[str]
) -> None:
    """Both ways: it comes back before it is told to be away, and the other way round."""
    async with connected(client) as run:
        old_away, back = run.event(takes, ADA, channel=OPS), run.event(brings, ADA, channel=OPS)
        await run.hears(back)
        await run.ends()
        await run.hears(old_away)
        await run.ends()
        assert (run.outside.suspended, told(run)) == (set(), [])
        old_back, away = run.event(brings, ADA, channel=OPS), run.event(takes, ADA, channel=OPS)
        await run.hears(away)
        await run.ends()
        await run.hears(old_back)
        await run.ends()
        assert run.outside.suspended == channels
        assert [one[1] for one in told(run)] == ["suspended"]


async def test_a_channel_stays_suspended_while_any_reason_holds(client: Client) -> None:
    async with connected(client) as run:
        for event in ("channelDeleted", "teamArchived", "teamUnarchived"):
            await run.hears(run.event(event, ADA, channel=OPS))
            await run.ends()
        assert run.outside.suspended == {OPS}
        assert [one[3] for one in told(run)] == [{OPS}, {CALLS}, {CALLS}]


async def test_an_app_that_comes_back_in_time_needs_no_authorization_and_whoever_added_it_is_told(
    client: Client,
) -> None:
    async with connected(client) as run:
        offers, readings = len(run.outside.offers), run.outside.readings
        await run.hears(run.event("removed", ADA))
        assert await run.ends() == "removed"
        await run.is_installed(BO)
        assert await run.ends() == "complete"
        assert (len(run.outside.offers), run.outside.account) == (offers, "acme")
        assert run.outside.readings > readings, "the consent is read again"
        assert run.outside.authorized_at is not None
        assert told(run)[-1] == ("bo", "revived", "installed", BOTH)


@pytest.mark.parametrize(
    ("takes", "days"),
    [("removed", 31), ("teamDeleted", 31), ("teamHardDeleted", 1)],
    ids=lambda one: str(one),
)
@pytest.mark.parametrize("brings", ["installed", "teamRestored", "heard"])
async def test_channels_of_a_team_that_is_back_too_late_wait_for_an_authorization(
    client: Client, takes: str, days: int, brings: str
) -> None:
    """Also where another run of the set-up is the one that hears of it."""
    outside = FakeActivities()
    outside.missing, outside.channels = (), (OPS, CALLS)
    async with running(client, outside) as run:
        await run.is_installed(ADA, at=run.now() - timedelta(days=60))
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        assert await run.ends() == "complete"
        await run.hears(run.event(takes, ADA, at=run.now() - timedelta(days=days)))
        assert await run.ends() == "removed"
        if brings == "heard":
            await run.signal("channel_heard", ChannelHeard(channel=OPS, at=run.now()))
        else:
            await run.hears(run.event(brings, ADA))
        await run.shows("installer/2", ADA, "open")
        await run.is_idle()
        assert (outside.suspended, came_in(run)) == (BOTH, [])
        assert [one[1] for one in told(run)] == ["suspended"]
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert outside.suspended == set()
        assert set(came_in(run)) == connections_of(BOTH)
        assert told(run)[-1] == ("ada", "revived", "installed", BOTH)


async def test_a_run_that_finds_a_team_back_too_late_revives_its_channels_with_the_authorization(
    client: Client,
) -> None:
    """The run that heard of the return has ended; the rows alone know that channels wait."""
    outside = FakeActivities()
    outside.missing, outside.channels = (), (OPS,)
    async with running(client, outside) as run:
        await run.is_installed(ADA, at=run.now() - timedelta(days=60))
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        assert await run.ends() == "complete"
        await run.hears(run.event("removed", ADA, at=run.now() - timedelta(days=31)))
        assert await run.ends() == "removed"
        await run.is_installed(ADA)
        await run.shows("installer/2", ADA, "open")
        await run.is_idle()
        await run.handle.terminate("an operator did")
        await run.clicks("renew")
        await run.shows("installer/3", ADA, "open")
        assert outside.suspended == {OPS}
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert (outside.suspended, set(came_in(run))) == (set(), connections_of({OPS}))


async def test_a_set_up_that_is_under_way_suspends_and_revives_too(client: Client) -> None:
    outside = FakeActivities()
    outside.channels = (OPS, CALLS)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.hears(run.event("channelDeleted", BO, channel=OPS))
        await run.shows("life/1", ADA, "suspended")
        await run.hears(run.event("channelRestored", BO, channel=OPS))
        await run.shows("life/2", ADA, "revived")
        assert (outside.suspended, outside.step) == (set(), "authorizing")


async def test_a_team_without_connections_is_told_nothing(client: Client) -> None:
    async with connected(client) as run:
        run.outside.channels = ()
        await run.hears(run.event("teamArchived", ADA))
        await run.ends()
        assert len(run.outside.told) == 1
        assert told(run) == []


@pytest.mark.parametrize("event", ["teamRenamed", "channelCreated", "channelRenamed"])
async def test_what_takes_nothing_away_tells_nobody(client: Client, event: str) -> None:
    async with connected(client) as run:
        messages = run.outside.messages
        await run.hears(run.event(event, BO, channel=OPS, name="Payments"))
        await run.ends()
        assert (run.outside.told, run.outside.messages) == ([], messages)


@pytest.mark.parametrize(
    ("found", "is_certain", "suspended", "step", "because"),
    [
        (Found(has_app=False, is_there=False), False, BOTH, "removed", "removed"),
        (Found(has_app=True, is_there=False), False, {OPS}, "complete", "channelDeleted"),
        (Found(has_app=True, is_there=True), True, {OPS}, "complete", "refused"),
        (Found(has_app=True, is_there=True), False, set(), "complete", None),
    ],
    ids=["no app", "no channel", "refused there", "at random"],
)
async def test_a_refused_send_that_is_told_twice_suspends_once_what_is_found_to_be_gone(
    client: Client, found: Found, is_certain: bool, suspended: set[str], step: str, because: str | None
) -> None:
    async with connected(client) as run:
        run.outside.found = found
        refusal = SendRefused(channel=OPS, at=run.now(), is_certain=is_certain)
        for _ in range(2):
            await run.signal("send_refused", refusal)
        assert await run.ends() == step
        assert run.outside.suspended == suspended
        assert told(run) == ([("ada", "suspended", because, suspended)] if because else [])


async def test_cards_are_let_go_again_where_something_is_sent_after_the_removal(client: Client) -> None:
    async with connected(client) as run:
        await run.hears(run.event("removed", ADA))
        await run.ends()
        await run.signal("send_refused", SendRefused(channel=OPS, at=run.now(), is_certain=True))
        assert await run.ends() == "removed"
        assert run.outside.sought == []
        assert [one.is_over for one in run.outside.told[-1].changes] == [False]
        assert len(told(run)) == 1


async def test_an_outage_delays_what_is_told_and_loses_nothing(client: Client) -> None:
    async with connected(client) as run:
        run.outside.fails(SHOW_NOTICE, ProviderUnavailable("no connection"))
        run.outside.fails(FOLLOW_TEAM, ProviderUnavailable("no connection"))
        await run.hears(run.event("teamArchived", ADA, at=run.now() + timedelta(seconds=1)))
        await run.ends()
        assert told(run) == [("ada", "suspended", "teamArchived", BOTH)]


async def test_open_incidents_come_in_when_pagerduty_is_back(client: Client) -> None:
    async with connected(client) as run:
        await run.hears(run.event("channelDeleted", ADA, channel=OPS))
        await run.ends()
        run.outside.cannot_read(SERVICES[0], ProviderUnavailable("503"))
        await run.hears(run.event("channelRestored", ADA, channel=OPS))
        await run.outside.until(lambda: came_in(run) == [place_of(OPS, SERVICES[1])])

        async def operators_read_why() -> bool:
            return "⚠ open incidents: ProviderUnavailable" in await run.details()

        await eventually(operators_read_why)
        await run.until_attribute("Attention", "waiting")
        run.outside.can_read(SERVICES[0])
        assert await run.ends() == "complete"
        assert set(came_in(run)) == connections_of({OPS})


async def test_what_only_people_can_mend_holds_up_no_other_service_and_not_the_run(client: Client) -> None:
    async with connected(client) as run:
        await run.hears(run.event("teamArchived", ADA))
        await run.ends()
        run.outside.cannot_read(SERVICES[0], Forbidden("incidents.read"))
        await run.hears(run.event("teamUnarchived", ADA))
        assert await run.ends() == "complete"
        assert set(came_in(run)) == {place_of(channel, SERVICES[1]) for channel in BOTH}


async def test_a_channel_that_goes_away_and_comes_back_while_incidents_come_in_is_asked_for_again(
    client: Client,
) -> None:
    async with connected(client) as run:
        await run.hears(run.event("channelDeleted", ADA, channel=OPS))
        await run.ends()
        asking = run.outside.holds(BRING_IN)
        await run.hears(run.event("channelRestored", ADA, channel=OPS))
        await run.outside.until(lambda: run.outside.waits(BRING_IN))
        before = len(run.outside.told)
        await run.hears(run.event("channelDeleted", ADA, channel=OPS))
        await run.outside.until(lambda: len(run.outside.told) == before + 1)
        await run.hears(run.event("channelRestored", ADA, channel=OPS))
        await run.outside.until(lambda: len(run.outside.told) == before + 2)
        asking.set()
        assert await run.ends() == "complete"
        first = place_of(OPS, SERVICES[0])
        assert came_in(run).count(first) == 2, "what came in before counts no more"


async def test_into_a_channel_that_is_away_again_nothing_comes(client: Client) -> None:
    async with connected(client) as run:
        await run.hears(run.event("channelDeleted", ADA, channel=OPS))
        await run.ends()
        asking = run.outside.holds(BRING_IN)
        await run.hears(run.event("channelRestored", ADA, channel=OPS))
        await run.outside.until(lambda: run.outside.waits(BRING_IN))
        await run.hears(run.event("teamArchived", ADA))
        await run.outside.until(lambda: run.outside.suspended == BOTH)
        asking.set()
        assert await run.ends() == "complete"
        assert came_in(run) == []


# Whoever connected them


@pytest.mark.parametrize(("takes", "brings", "channels"), ROWS)
async def test_whoever_connected_a_suspended_channel_is_told_once_which_services_it_concerns(
    client: Client, takes: str, brings: str, channels: set[str]
) -> None:
    async with connected(client) as run:
        run.outside.connected = (
            (BO, OPS, "Checkout"),
            (BO, OPS, "Ledger"),
            (BO, CALLS, "Checkout"),
            (GRACE, CALLS, "Search"),
            (ADA, OPS, "Search"),
        )
        away = run.event(takes, ADA, channel=OPS)
        await run.hears(away, away)
        await run.ends()
        back = run.event(brings, ADA, channel=OPS)
        await run.hears(back, back)
        assert await run.ends() == "complete"
        of_grace = {CALLS} & channels
        expected = []
        for showing, because in (("suspended", takes), ("revived", brings)):
            expected.append(("ada", showing, because, channels))
            expected.append(("bo", showing, because, channels))
            if of_grace:
                expected.append(("grace", showing, because, of_grace))
        assert sorted(told(run)) == sorted(expected)
        assert services_told(run, "ada", "suspended") == {OPS: ("Search",)}
        of_bo = {OPS: ("Checkout", "Ledger"), CALLS: ("Checkout",)}
        assert services_told(run, "bo", "suspended") == {one: of_bo[one] for one in channels}
        assert services_told(run, "bo", "revived") == services_told(run, "bo", "suspended")


async def test_whoever_connected_is_told_where_nobody_holds_the_set_up(client: Client) -> None:
    outside = FakeActivities()
    outside.channels, outside.connected = (OPS,), ((BO, OPS, "Checkout"),)
    outside.account, outside.step = "acme", None
    async with running(client, outside) as run:
        await run.hears(run.event("teamArchived", channel=OPS))
        await run.ends()
        assert told(run) == [("bo", "suspended", "teamArchived", {OPS})]


def services_told(run: Run, recipient: str, showing: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[Connected, ...]] = {
        one.name: one.view.connected
        for one in run.outside.sent
        if (one.recipient, one.view.showing) == (recipient, showing) and one.view.kind == "life"
    }
    return {one.channel: one.services for connected in found.values() for one in connected}


# Deleted for good


async def test_a_team_that_is_deleted_for_good_later_is_noted_and_nobody_is_told_again(
    client: Client,
) -> None:
    async with connected(client) as run:
        await run.hears(run.event("teamDeleted", ADA))
        await run.ends()
        await run.hears(run.event("teamHardDeleted"))
        assert await run.ends() == "removed"
        assert [one.because for one in run.outside.told[-1].changes] == ["teamHardDeleted"]
        assert [one[1] for one in told(run)] == ["suspended"]


# A lost event


async def test_a_refused_channel_comes_back_with_whatever_arrives_from_it_later(client: Client) -> None:
    async with connected(client) as run:
        before = run.now()
        await run.signal("send_refused", SendRefused(channel=OPS, at=run.now(), is_certain=True))
        await run.ends()
        assert run.outside.suspended == {OPS}
        await run.signal("channel_heard", ChannelHeard(channel=OPS, at=before))
        await run.ends()
        assert run.outside.suspended == {OPS}, "it was written before the refusal"
        heard = ChannelHeard(channel=OPS, at=run.now())
        await run.signal("channel_heard", heard)
        await run.signal("channel_heard", heard)
        assert await run.ends() == "complete"
        assert run.outside.suspended == set()
        assert told(run) == [("ada", "suspended", "refused", {OPS})], "what comes next tells whether it is"
        assert set(came_in(run)) == connections_of({OPS})


async def test_a_refused_channel_comes_back_with_an_app_that_is_added_though_no_removal_was_heard(
    client: Client,
) -> None:
    async with connected(client) as run:
        await run.signal("send_refused", SendRefused(channel=OPS, at=run.now(), is_certain=True))
        await run.ends()
        await run.is_installed(ADA)
        assert await run.ends() == "complete"
        assert run.outside.suspended == set()
        assert told(run)[-1] == ("ada", "revived", "installed", {OPS})


@pytest.mark.parametrize("found", [Found(has_app=False, is_there=False), Found(has_app=True, is_there=False)])
async def test_what_comes_back_while_it_is_sought_is_not_taken_for_gone(client: Client, found: Found) -> None:
    async with connected(client) as run:
        run.outside.found = found
        answers = run.outside.holds(FIND_CHANNEL)
        await run.signal("send_refused", SendRefused(channel=OPS, at=run.now(), is_certain=True))
        await run.outside.until(lambda: run.outside.waits(FIND_CHANNEL))
        await run.hears(run.event("channelRestored", ADA, channel=OPS), run.event("installed", ADA))
        await run.outside.until(lambda: len(run.outside.told) > 0)
        answers.set()
        assert await run.ends() == "complete"
        assert run.outside.suspended == set()


@pytest.mark.parametrize(
    ("found", "because"),
    [
        (Found(has_app=False, is_there=False), "installed"),
        (Found(has_app=True, is_there=False), "heard"),
    ],
    ids=["no app", "no channel"],
)
async def test_what_was_taken_for_gone_comes_back_with_whatever_arrives_from_it(
    client: Client, found: Found, because: str
) -> None:
    async with connected(client) as run:
        offers = len(run.outside.offers)
        run.outside.found = found
        await run.signal("send_refused", SendRefused(channel=OPS, at=run.now(), is_certain=False))
        await run.ends()
        assert OPS in run.outside.suspended
        await run.signal("channel_heard", ChannelHeard(channel=OPS, at=run.now()))
        assert await run.ends() == "complete"
        assert run.outside.suspended == set()
        assert (told(run)[-1][1:3], len(run.outside.offers)) == (("revived", because), offers)


async def test_an_archived_team_stays_suspended_whatever_arrives_from_its_channels(client: Client) -> None:
    async with connected(client) as run:
        await run.hears(run.event("teamArchived", ADA))
        await run.ends()
        await run.signal("channel_heard", ChannelHeard(channel=OPS, at=run.now()))
        await run.ends()
        assert run.outside.suspended == BOTH
