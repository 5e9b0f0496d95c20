"""``teams.tell_person``: where the card stands, for the person alone, or in their private chat."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.outcomes import OutcomeActivities
from activities.teams.sends import Sends
from muster.cards.access_policy import policy_commands
from muster.cards.text import escape
from muster.store import people
from muster.store.pool import Pool
from sandbox.company import Person
from tests.support.teams_service import TeamsService
from workflows.channel_incident.activities import TellPerson
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import View
from workflows.meeting import Hindrance
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome, OutcomeKind

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)


@pytest.fixture
def person(teams_side: TeamsService) -> Person:
    """Cy, who is not linked."""
    return teams_side.company.people[2]


def telling(
    teams_side: TeamsService, person: Person, kind: OutcomeKind, *, viewed: bool = True
) -> TellPerson:
    view = View(
        account="acme",
        incident_id="Q1",
        revision=1,
        as_of=AT,
        number=42,
        title="Checkout is slow",
        status="triggered",
    )
    return TellPerson(
        card=CardKey(account="acme", incident_id="Q1", conversation=teams_side.channel),
        tenant=teams_side.company.tenant_id,
        click=Click(
            key="k1",
            verb="acknowledge",
            person=Clicker(aad_object_id=person.aad_object_id, teams_id=person.teams_id, name=person.name),
            message="1700000000001",
            received_at=AT,
            correlation="f:1",
        ),
        outcome=Outcome(kind=kind, reason="unavailable" if kind in ("refused", "failed") else None),
        view=view if viewed else None,
    )


async def chat_with(person: Person, pool: Pool, teams_side: TeamsService) -> str | None:
    """The person's private chat with the bot."""
    whose = (pool, teams_side.company.tenant_id, person.aad_object_id)
    return (await people.private_place(*whose, asked_in=None)).conversation


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("failed", "it did not work: Acknowledge was not done. PagerDuty did not answer"),
        ("refused", "it did not work: Acknowledge was not done. PagerDuty did not answer"),
        ("late", "only minutes later"),
    ],
)
async def test_a_person_is_told_alone(
    outcome_activities: OutcomeActivities,
    pool: Pool,
    teams_side: TeamsService,
    person: Person,
    kind: OutcomeKind,
    words: str,
) -> None:
    await ActivityEnvironment().run(outcome_activities.tell_person, telling(teams_side, person, kind))
    (message,) = await teams_side.messages()
    assert (message["to"], message["reply_to"]) == (person.aad_object_id, None)
    text = message["versions"][0]["activity"]["text"]
    assert text.startswith("You pressed **Acknowledge** on #42 Checkout is slow")
    assert words in text
    assert await chat_with(person, pool, teams_side) is None
    assert {one.headers["X-Correlation-Id"] for one in teams_side.asked} == {"f:1"}


@pytest.mark.pooler_too
async def test_a_tenant_without_targeted_messages_is_told_in_private_chats_which_are_opened_once(
    outcome_activities: OutcomeActivities, pool: Pool, teams_side: TeamsService, person: Person
) -> None:
    await teams_side.refuse_targeted(405)
    for kind in ("failed", "late"):
        await ActivityEnvironment().run(outcome_activities.tell_person, telling(teams_side, person, kind))
    assert len(teams_side.calls("POST", "/v3/conversations")) == 1
    chat = await chat_with(person, pool, teams_side)
    assert len(await teams_side.messages(chat)) == 2
    assert await teams_side.messages() == [], "nobody else sees it"


async def test_somebody_the_database_does_not_know_is_told_too(
    outcome_activities: OutcomeActivities, pool: Pool, teams_side: TeamsService, person: Person
) -> None:
    await pool.execute("DELETE FROM person WHERE aad_object_id = $1", person.aad_object_id)
    await teams_side.refuse_targeted(405)
    for kind in ("failed", "late"):
        await ActivityEnvironment().run(outcome_activities.tell_person, telling(teams_side, person, kind))
    assert len(teams_side.calls("POST", "/v3/conversations")) == 1


async def test_without_a_card_the_outcome_speaks_for_itself(
    outcome_activities: OutcomeActivities, teams_side: TeamsService, person: Person
) -> None:
    await ActivityEnvironment().run(
        outcome_activities.tell_person, telling(teams_side, person, "failed", viewed=False)
    )
    (message,) = await teams_side.messages()
    assert message["versions"][0]["activity"]["text"] == (
        "Acknowledge was not done. PagerDuty did not answer. Try again in a moment."
    )


async def test_what_a_teams_admin_has_to_run_is_told_with_the_tenants_own_app(
    outcome_activities: OutcomeActivities, teams_side: TeamsService, person: Person
) -> None:
    """As the answer tells it to whoever could wait. A room tells it without the card."""
    hindrances = (Hindrance(who=person.name, why="no_policy"),)
    refused = Outcome(kind="refused", reason="no_organiser", hindrances=hindrances)
    request = telling(teams_side, person, "refused", viewed=False)
    click = request.click.model_copy(update={"verb": "create_meeting"})
    request = request.model_copy(update={"click": click, "outcome": refused})
    await ActivityEnvironment().run(outcome_activities.tell_person, request)
    (message,) = await teams_side.messages()
    commands = policy_commands(name="Muster", app_id=teams_side.company.bot_app_id)
    text = message["versions"][0]["activity"]["text"]
    assert text.startswith("The meeting cannot be made: no application access policy allows Muster to make ")
    assert f"A Teams admin runs: {escape(commands, 1_000)} · That counts after up to 30 minutes" in text


async def test_a_message_that_began_is_sent_although_its_activity_is_gone(
    outcome_activities: OutcomeActivities,
    sends: Sends,
    pool: Pool,
    teams_side: TeamsService,
    person: Person,
) -> None:
    """It is given up while the chat is opened."""
    await teams_side.refuse_targeted(405)
    await teams_side.fault("open", "slow", seconds=0.5)
    request = telling(teams_side, person, "late")
    saying = asyncio.ensure_future(ActivityEnvironment().run(outcome_activities.tell_person, request))
    await teams_side.until(lambda: bool(teams_side.calls("POST", "/v3/conversations")))
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    sends.stop(within=timedelta(seconds=20))
    await sends.finish()
    chat = await chat_with(person, pool, teams_side)
    assert len(await teams_side.messages(chat)) == 1


async def test_a_person_who_cannot_be_told_for_now_is_a_failure_that_may_pass(
    outcome_activities: OutcomeActivities, teams_side: TeamsService, person: Person
) -> None:
    await teams_side.refuse_targeted(405)
    await teams_side.fault("open", "status", status=503)
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(outcome_activities.tell_person, telling(teams_side, person, "failed"))
    assert (failed.value.type, failed.value.non_retryable) == ("ProviderUnavailable", False)


async def test_a_message_whose_answer_was_lost_is_not_sent_elsewhere(
    outcome_activities: OutcomeActivities, teams_side: TeamsService, person: Person
) -> None:
    await teams_side.fault("create", "lose_answer")
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(outcome_activities.tell_person, telling(teams_side, person, "failed"))
    assert (failed.value.type, failed.value.non_retryable) == ("OutcomeUnknown", True)
    assert len(teams_side.asked) == len(await teams_side.messages()) == 1
