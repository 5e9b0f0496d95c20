"""``msgraph-sdk``, Microsoft's own client, against the simulated Graph: what it is told, it understands."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.aad_user_conversation_member import AadUserConversationMember
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.chat import Chat
from msgraph.generated.models.chat_type import ChatType
from msgraph.generated.models.conversation_member import ConversationMember
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.online_meeting_provider_type import OnlineMeetingProviderType
from msgraph.generated.models.teams_app_installation import TeamsAppInstallation
from msgraph.generated.users.item.online_meetings.create_or_get.create_or_get_post_request_body import (
    CreateOrGetPostRequestBody,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from sandbox.company import Person
from sandbox.teams.graph.apps import catalog_id_of
from tests.sandbox.meetings import END, KEY, START, grant_policy
from tests.sandbox.office import GRAPH, Office

pytestmark = pytest.mark.anyio

TOPIC = "Incident #42 Checkout"


class Token(AsyncTokenCredential):
    """The app's, as Microsoft's simulator issues it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self._office.microsoft.graph_token(), 2**31)

    async def close(self) -> None:
        return

    async def __aexit__(self, *_: object) -> None:
        return


@pytest.fixture
async def graph(office: Office) -> AsyncIterator[GraphServiceClient]:
    microsoft = office.microsoft
    host = microsoft.authority.removeprefix("https://").partition(":")[0]
    signed_in = AzureIdentityAuthenticationProvider(Token(office), allowed_hosts=[host])
    async with httpx.AsyncClient(verify=microsoft.tls(), trust_env=False) as http:
        adapter = GraphRequestAdapter(signed_in, client=http)
        adapter.base_url = f"{microsoft.authority}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def member(person: Person, role: str = "owner") -> ConversationMember:
    address = f"{GRAPH}/users('{person.aad_object_id}')"
    return AadUserConversationMember(roles=[role], additional_data={"user@odata.bind": address})


async def made(graph: GraphServiceClient, *people: Person) -> str:
    chat = await graph.chats.post(
        Chat(chat_type=ChatType.Group, topic=TOPIC, members=[member(one) for one in people])
    )
    assert chat is not None
    assert chat.id
    return str(chat.id)


async def names(graph: GraphServiceClient, chat: str) -> set[str]:
    listed = await graph.chats.by_chat_id(chat).members.get()
    assert listed is not None
    return {str(one.display_name).partition(" ")[0] for one in listed.value or []}


async def test_a_chat_lives_through_all_that_muster_does_with_one(
    graph: GraphServiceClient, office: Office
) -> None:
    ada, bo = office.person("Ada"), office.person("Bo")
    chat = await made(graph, ada, bo)
    found = graph.chats.by_chat_id(chat)
    await found.members.post(member(office.guest, "guest"))
    assert await names(graph, chat) == {"Ada", "Bo", "Greta"}
    app = {"teamsApp@odata.bind": f"{GRAPH}/appCatalogs/teamsApps/{catalog_id_of(office.microsoft.company)}"}
    await found.installed_apps.post(TeamsAppInstallation(additional_data=app))
    await found.patch(Chat(topic=f"✓ {TOPIC}"))
    shown = await found.get()
    assert shown is not None
    assert (shown.topic, shown.chat_type, bool(shown.web_url)) == (f"✓ {TOPIC}", ChatType.Group, True)
    listed = await found.members.get()
    assert listed is not None
    (leaving,) = [one.id for one in listed.value or [] if str(one.display_name).startswith("Bo")]
    await found.members.by_conversation_member_id(str(leaving)).delete()
    assert await names(graph, chat) == {"Ada", "Greta"}
    chats = await graph.users.by_user_id(ada.aad_object_id).chats.get()
    assert chats is not None
    assert [one.id for one in chats.value or []] == [chat]
    await found.delete()
    with pytest.raises(ODataError) as gone:
        await found.get()
    assert gone.value.response_status_code == 404


async def test_people_are_found_by_their_name_and_by_filter(
    graph: GraphServiceClient, office: Office
) -> None:
    ada = office.person("Ada")
    found = await graph.users.by_user_id(ada.email).get()
    assert found is not None
    assert (found.id, found.display_name) == (ada.aad_object_id, "Ada Ops")
    mail = office.guest.email
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter=f"mail eq '{mail}' or userPrincipalName eq '{mail}'", select=["id", "mail"]
    )
    listed = await graph.users.get(RequestConfiguration(query_parameters=query))
    assert listed is not None
    assert [one.id for one in listed.value or []] == [office.guest.aad_object_id]


async def test_a_refusal_has_graphs_code_and_what_it_says(graph: GraphServiceClient, office: Office) -> None:
    office.revoke("Chat.Create")
    with pytest.raises(ODataError) as refusal:
        await made(graph, office.person("Ada"), office.person("Bo"))
    assert refusal.value.response_status_code == 403
    assert refusal.value.error is not None
    assert refusal.value.error.code
    assert refusal.value.error.message


async def test_an_entry_has_a_meeting_and_is_made_once(graph: GraphServiceClient, office: Office) -> None:
    bo, events = office.person("Bo"), graph.users.by_user_id(office.person("Ada").aad_object_id).events
    wanted = Event(
        transaction_id=KEY,
        subject=TOPIC,
        start=DateTimeTimeZone(date_time=START, time_zone="UTC"),
        end=DateTimeTimeZone(date_time=END, time_zone="UTC"),
        attendees=[Attendee(email_address=EmailAddress(address=bo.email, name=bo.name))],
        is_online_meeting=True,
        online_meeting_provider=OnlineMeetingProviderType.TeamsForBusiness,
    )
    first, again = await events.post(wanted), await events.post(wanted)
    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert first.online_meeting is not None
    assert first.online_meeting.join_url
    entry = events.by_event_id(str(first.id))
    await entry.patch(Event(subject=f"✓ {TOPIC}"))
    read = await entry.get()
    assert read is not None
    assert read.subject == f"✓ {TOPIC}"
    await entry.delete()
    listed = await events.get()
    assert listed is not None
    assert listed.value == []


async def test_a_meeting_alone_is_the_same_for_the_same_key(
    graph: GraphServiceClient, office: Office
) -> None:
    grant_policy(office)
    meetings = graph.users.by_user_id(office.person("Ada").aad_object_id).online_meetings
    wanted = CreateOrGetPostRequestBody(external_id=KEY, subject=TOPIC)
    first, again = await meetings.create_or_get.post(wanted), await meetings.create_or_get.post(wanted)
    assert first is not None
    assert again is not None
    assert (first.id, first.join_web_url) == (again.id, again.join_web_url)
    assert first.join_web_url
