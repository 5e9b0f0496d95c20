"""The Bot Connector of Teams: send, edit and delete messages, open personal conversations, read names.

The connector has no idempotency key, so a failed create may have made its message all the same
(docs/architecture.md §3, *Sends and lost answers*). ``muster.clients.teams.refusal`` says what each
refusal is about. A targeted message is one that a single person of a channel or group chat sees.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import quote

import httpx
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from muster.clients.expiring import ExpiringCache
from muster.clients.http import broken_contract, exchange, json_object, refused_as
from muster.clients.teams.clouds import CLOUDS, clouds_of
from muster.clients.teams.refusal import ConnectorCall, error_of, row_of, targeted_refusal
from muster.clients.teams.service_url import service_url_allowed
from muster.clients.teams.token import bot_tokens
from muster.clients.way_out import way_out
from muster.config_file import TeamsRegistration
from muster.identifiers import uuid_of
from muster.settings import Settings
from muster.values import NAME, one_line
from workflows.errors import BotRemoved, CardGone, ProviderUnavailable, RequestInvalid

_PROVIDER = "the Bot Connector"
_WITHIN = 8.0
"""Seconds for a whole call, token included; the worker's graceful stop waits for longer than this."""
_NOT_IN_IT = frozenset({"BotNotInConversationRoster", "ConversationNotFound"})
"""Codes by which a roster is refused where the bot is not in it, or the conversation is gone."""
_TARGETED: Mapping[str, str] = {"isTargetedActivity": "true"}
"""Of every call about a targeted message; the connector's description does not have it."""
_METHODS: Mapping[ConnectorCall, str] = {
    "post": "POST",
    "reply": "POST",
    "edit": "PUT",
    "delete": "DELETE",
    "open": "POST",
    "member": "GET",
    "roster": "GET",
    "team": "GET",
}


def _name(value: Any) -> str:
    return one_line(value, NAME)


class Member(BaseModel):
    """Somebody in a conversation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str = ""
    aad_object_id: Annotated[str | None, BeforeValidator(uuid_of)] = Field(
        default=None, validation_alias=AliasChoices("aadObjectId", "objectId")
    )


class TeamDetails(BaseModel):
    """A team, as the connector names it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: Annotated[str, BeforeValidator(_name)] = ""
    aad_group_id: Annotated[str | None, BeforeValidator(uuid_of)] = Field(default=None, alias="aadGroupId")


class ChannelDetails(BaseModel):
    """A channel of a team."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: Annotated[str, BeforeValidator(_name)] = ""
    """Empty for General, whose name Teams translates for each reader."""


class _Channels(BaseModel):
    conversations: tuple[ChannelDetails, ...]


class ConnectorClient:
    """Calls the connector as the bot of a tenant, one call per method, repeated only with a fresh token.

    ``service_url`` and ``tenant`` say where a conversation lives; both come from its activities.
    Every method raises ``OutsideError``s, ``RequestInvalid`` for an address outside ``service_hosts``, or
    without them outside the tenant's cloud, before any token is sent there.
    """

    def __init__(
        self,
        pool: httpx.AsyncClient,
        tokens: ExpiringCache[str, str],
        *,
        registrations: Mapping[str, TeamsRegistration],
        service_hosts: Sequence[str] | None,
    ) -> None:
        self._pool = pool
        self._tokens = tokens
        self._registrations = registrations
        self._service_hosts = service_hosts

    async def send(
        self, service_url: str, tenant: str, conversation: str, activity: Mapping[str, Any]
    ) -> str:
        """Post ``activity`` as a new message and return its activity id."""
        return await self._create("post", service_url, tenant, conversation, activity)

    async def reply(
        self, service_url: str, tenant: str, conversation: str, root: str, activity: Mapping[str, Any]
    ) -> str:
        """Post ``activity`` into the thread of the channel message ``root`` and return its activity id."""
        # In a channel the thread is a conversation of its own, named after its first message.
        thread = f"{conversation.partition(';')[0]};messageid={root}"
        return await self._create("reply", service_url, tenant, thread, activity)

    async def update(
        self,
        service_url: str,
        tenant: str,
        conversation: str,
        activity_id: str,
        activity: Mapping[str, Any],
    ) -> None:
        """Replace a message of ours.

        A lost answer is ``OutcomeUnknown`` although an edit may be repeated: the lost one can still
        land late and put the older content back, so the caller must send its latest once more.
        """
        path = ("conversations", conversation, "activities", activity_id)
        await self._call("edit", service_url, tenant, path, body=activity, repeatable=False)

    async def delete(self, service_url: str, tenant: str, conversation: str, activity_id: str) -> None:
        """Delete a message of ours; one that is gone already is fine."""
        path = ("conversations", conversation, "activities", activity_id)
        with suppress(CardGone):
            await self._call("delete", service_url, tenant, path, repeatable=True)

    async def send_targeted(
        self,
        service_url: str,
        tenant: str,
        conversation: str,
        person_teams_id: str,
        activity: Mapping[str, Any],
    ) -> str:
        """Post ``activity`` where one member (``29:`` id) alone sees it, for 24 hours; its activity id.

        A thread's conversation id puts it into that thread. Raises ``TargetedRefused`` where nothing was
        posted because it is a targeted message, and what ``send`` raises for the rest.
        """
        path = ("conversations", conversation, "activities")
        body = {**activity, "recipient": {"id": person_teams_id}}
        response = await self._call(
            "post", service_url, tenant, path, body=body, repeatable=False, targeted=True
        )
        return _id_of(response, repeatable=False)

    async def update_targeted(
        self,
        service_url: str,
        tenant: str,
        conversation: str,
        activity_id: str,
        activity: Mapping[str, Any],
    ) -> None:
        """Replace a targeted message of ours, as ``update``; its person stays the same.

        One that is older than 24 hours is gone: ``CardGone``.
        """
        path = ("conversations", conversation, "activities", activity_id)
        # Teams refuses an edit that names a recipient.
        body = {name: value for name, value in activity.items() if name != "recipient"}
        await self._call("edit", service_url, tenant, path, body=body, repeatable=False, targeted=True)

    async def delete_targeted(
        self, service_url: str, tenant: str, conversation: str, activity_id: str
    ) -> None:
        """Delete a targeted message of ours; one that is gone already is fine."""
        path = ("conversations", conversation, "activities", activity_id)
        with suppress(CardGone):
            await self._call("delete", service_url, tenant, path, repeatable=True, targeted=True)

    async def open_personal(self, service_url: str, tenant: str, person: str) -> str:
        """The id of the bot's conversation with ``person`` (``29:`` id or AAD object id), new or not."""
        body = {
            "bot": {"id": f"28:{self._registration(tenant).app_id}"},
            "members": [{"id": person}],
            "isGroup": False,
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        # Repeatable: there is one such conversation, which a second call finds.
        response = await self._call(
            "open", service_url, tenant, ("conversations",), body=body, repeatable=True
        )
        return _id_of(response, repeatable=True)

    async def get_member(self, service_url: str, tenant: str, conversation: str, person: str) -> Member:
        """One member of a conversation; ``NotFound`` for somebody who is not in it."""
        path = ("conversations", conversation, "members", person)
        response = await self._call("member", service_url, tenant, path, repeatable=True)
        try:
            return Member.model_validate_json(response.content)
        except ValidationError as error:
            raise broken_contract(_PROVIDER, "a member without an id", repeatable=True) from error

    async def has_bot(self, service_url: str, tenant: str, conversation: str) -> bool:
        """Whether the bot is in a conversation, by the connector's answer to who is.

        Teams also refuses at random: ask where a send was refused, so that it takes two refusals.
        """
        path = ("conversations", conversation, "pagedmembers")
        try:
            await self._call("roster", service_url, tenant, path, repeatable=True)
        except BotRemoved as refused:
            if refused.code not in _NOT_IN_IT:
                raise
            return False
        return True

    async def get_team(self, service_url: str, tenant: str, team: str) -> TeamDetails:
        """A team by its thread id; ``NotFound`` for one that is not there.

        Neither this call nor the next one is in the connector's description; the page *Get Teams context* of
        Microsoft's documentation has them.
        """
        response = await self._call("team", service_url, tenant, ("teams", team), repeatable=True)
        try:
            return TeamDetails.model_validate_json(response.content)
        except ValidationError as error:
            raise broken_contract(_PROVIDER, "a team without an id", repeatable=True) from error

    async def get_channels(self, service_url: str, tenant: str, team: str) -> tuple[ChannelDetails, ...]:
        """The channels of a team, General among them; ``NotFound`` for a team that is not there."""
        path = ("teams", team, "conversations")
        response = await self._call("team", service_url, tenant, path, repeatable=True)
        try:
            return _Channels.model_validate_json(response.content).conversations
        except ValidationError as error:
            raise broken_contract(_PROVIDER, "channels without ids", repeatable=True) from error

    def _registration(self, tenant: str) -> TeamsRegistration:
        if tenant not in self._registrations:
            raise RequestInvalid("there is no Teams registration for this tenant")
        return self._registrations[tenant]

    async def _create(
        self,
        call: ConnectorCall,
        service_url: str,
        tenant: str,
        conversation: str,
        activity: Mapping[str, Any],
    ) -> str:
        path = ("conversations", conversation, "activities")
        response = await self._call(call, service_url, tenant, path, body=activity, repeatable=False)
        return _id_of(response, repeatable=False)

    async def _call(
        self,
        call: ConnectorCall,
        service_url: str,
        tenant: str,
        path: Sequence[str],
        *,
        repeatable: bool,
        body: Mapping[str, Any] | None = None,
        targeted: bool = False,
    ) -> httpx.Response:
        allowed = self._service_hosts or CLOUDS[self._registration(tenant).cloud].service_hosts
        if not service_url_allowed(service_url, allowed):
            raise RequestInvalid("the conversation's service address is not an allowed host")
        url = "/".join((service_url.rstrip("/"), "v3", *(quote(part, safe="") for part in path)))
        loop = asyncio.get_running_loop()
        until = loop.time() + _WITHIN

        async def ask(token: str) -> httpx.Response:
            request = self._pool.build_request(
                _METHODS[call],
                url,
                params=_TARGETED if targeted else None,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
            )
            within = until - loop.time()
            return await exchange(
                self._pool, request, provider=_PROVIDER, within=within, repeatable=repeatable
            )

        token = await _in_time(self._tokens.get(tenant), until)
        response = await ask(token)
        if response.status_code == 401:  # nothing was done; the token may have been revoked before its time
            response = await ask(await _in_time(self._tokens.renew(tenant, token), until))
        if response.is_success:
            return response
        codes = _codes_of(response)
        if targeted and call == "post":
            refused = targeted_refusal(response.status_code, codes)
            if refused is not None:
                raise refused
        kind = error_of(row_of(call, response.status_code, codes), repeatable=repeatable)
        raise refused_as(kind, response, provider=_PROVIDER, code=next(iter(codes), None))


def connector_client(settings: Settings, pool: httpx.AsyncClient) -> ConnectorClient:
    """The client for the configured registrations, with their tokens."""
    tokens = bot_tokens(settings.teams, clouds_of(settings), way_out(settings))
    return ConnectorClient(pool, tokens, registrations=settings.teams, service_hosts=settings.service_hosts)


async def _in_time(token: Awaitable[str], until: float) -> str:
    try:
        async with asyncio.timeout_at(until):
            return await token
    except TimeoutError as error:
        raise ProviderUnavailable("there was no bot token in time") from error


def _codes_of(response: httpx.Response) -> tuple[str, ...]:
    """The connector's error codes, the most special first; a blocked conversation has one in ``subCode``."""
    body = json_object(response)
    error = body.get("error")
    details = error if isinstance(error, dict) else body
    codes = (details.get("subCode"), body.get("subCode"), details.get("code"))
    return tuple(code for code in codes if isinstance(code, str) and code)


def _id_of(response: httpx.Response, *, repeatable: bool) -> str:
    found = json_object(response).get("id")
    if isinstance(found, str) and found:
        return found
    raise broken_contract(_PROVIDER, "it accepted the call and named no id", repeatable=repeatable)
