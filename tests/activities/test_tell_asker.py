"""``teams.tell_asker``: where they asked, for the person alone, or in their private chat."""

from datetime import UTC, datetime

import pytest
from temporalio.testing import ActivityEnvironment

from activities.teams.connection_answers import ConnectionAnswerActivities
from activities.teams.sends import Sends
from muster.cards.connections.sentences import Again, sentence_of
from muster.private_sends import PrivateSends
from muster.store import people
from muster.store.pool import Pool
from tests.support.teams_service import TeamsService
from workflows.connect_channel.activities import TellAsker
from workflows.connect_channel.state import ConnectAnswer, Reply, Request, Unheard
from workflows.person import Person

pytestmark = pytest.mark.anyio


def telling(
    teams_side: TeamsService, reply: Reply, kind: Request = "connect", *, is_click: bool = True
) -> TellAsker:
    person = teams_side.company.people[2]
    return TellAsker(
        tenant=teams_side.company.tenant_id,
        conversation=teams_side.channel,
        unheard=Unheard(
            key="k1",
            kind=kind,
            person=Person(aad_object_id=person.aad_object_id, teams_id=person.teams_id, name=person.name),
            is_click=is_click,
            asked_at=datetime.now(UTC),
            correlation="f:1",
            answer=ConnectAnswer(reply=reply, service_name="Search"),
        ),
        correlation="f:1",
    )


@pytest.fixture
def answers(private: PrivateSends, sends: Sends) -> ConnectionAnswerActivities:
    return ConnectionAnswerActivities(private, sends)


@pytest.mark.parametrize(
    ("reply", "kind", "is_click", "again"),
    [
        ("role_too_low", "connect", True, "press"),
        ("link_ended", "disconnect", False, "command"),
        ("unknown_service", "bring_in", True, "press"),
    ],
)
async def test_the_person_alone_reads_what_the_api_would_have_said(
    answers: ConnectionAnswerActivities,
    teams_side: TeamsService,
    reply: Reply,
    kind: Request,
    is_click: bool,
    again: Again,
) -> None:
    request = telling(teams_side, reply, kind, is_click=is_click)
    await ActivityEnvironment().run(answers.tell_asker, request)
    (message,) = await teams_side.messages()
    assert message["to"] == request.unheard.person.aad_object_id
    sent = message["versions"][0]["activity"]
    assert sent["text"] == sentence_of(request.unheard.answer, kind, again=again)
    assert sent["textFormat"] == "plain"
    assert {one.headers["X-Correlation-Id"] for one in teams_side.asked} == {"f:1"}


async def test_a_tenant_without_targeted_messages_is_told_in_the_private_chat(
    answers: ConnectionAnswerActivities, pool: Pool, teams_side: TeamsService
) -> None:
    await teams_side.refuse_targeted(405)
    request = telling(teams_side, "too_late")
    await ActivityEnvironment().run(answers.tell_asker, request)
    whose = (pool, request.tenant, request.unheard.person.aad_object_id)
    chat = (await people.private_place(*whose, asked_in=None)).conversation
    assert len(await teams_side.messages(chat)) == 1
    assert await teams_side.messages() == [], "nobody else sees it"
