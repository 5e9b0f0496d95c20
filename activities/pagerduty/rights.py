"""``pagerduty.read_rights``: what a person may do with a service, read as that person, each time anew."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

import structlog

from activities.clients.person_token import PersonTokens
from activities.pagerduty.access import account_of, bounded
from activities.pagerduty.identity import NoIdentity, identity
from activities.pagerduty.team_members import TeamReader
from activities.registration import implements
from muster.clients.pagerduty.rest import INTERACTIVE, PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.payloads.services import service_of
from muster.store.links import LinkedUser
from muster.values import NAME, one_line, written
from workflows.connect_channel.activities import READ_RIGHTS, ReadRights, RightsRead
from workflows.connect_channel.state import Unread
from workflows.errors import (
    CredentialRejected,
    Forbidden,
    NotFound,
)
from workflows.rights import Rights, SeenService, team_roles_count

_READ_SECONDS = 4.8
"""Less than the row's start-to-close limit: the attempt ends by its own error."""

ResultT = TypeVar("ResultT")

log = structlog.stdlib.get_logger(__name__)


class _NotRead(Exception):
    """PagerDuty does not tell this person."""

    def __init__(self, reason: Unread) -> None:
        super().__init__(reason)
        self.reason: Unread = reason


class RightsActivities:
    """Asks PagerDuty who somebody is there, and what they see of a service."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        accounts: Mapping[str, PagerDutyAccount],
        person_tokens: PersonTokens,
    ) -> None:
        self._client = pagerduty
        self._accounts = accounts
        self._tokens = person_tokens

    @implements(READ_RIGHTS)
    async def read_rights(self, request: ReadRights) -> RightsRead:
        """The person's base role, the service, and their roles in its teams; with names of who else can.

        A token that PagerDuty does not accept is replaced once. Raises a ``Temporary`` where PagerDuty cannot
        tell now.
        """
        account = account_of(self._accounts, request.account)
        try:
            async with bounded(_READ_SECONDS):
                return RightsRead(rights=await self._rights(request, account))
        except (_NotRead, NoIdentity) as error:
            return RightsRead(unread=error.reason)

    async def _rights(self, request: ReadRights, account: PagerDutyAccount) -> Rights:
        user = await identity(self._tokens.user(request.link, account=account.key))
        try:
            return await self._read(account, request.service, user)
        except CredentialRejected:
            rejected = user.access_token
        renewal = self._tokens.renewed(request.link, account=account.key, rejected=rejected)
        renewed = await identity(renewal)
        if renewed.access_token == rejected:
            raise _NotRead("link_rejected")
        try:
            return await self._read(account, request.service, renewed)
        except CredentialRejected:
            raise _NotRead("link_rejected") from None

    async def _read(self, account: PagerDutyAccount, service: str, user: LinkedUser) -> Rights:
        """One try with one token; raises ``CredentialRejected``."""
        try:
            found = await self._client.get_user(
                account, user.pagerduty_user, token=user.access_token, within=INTERACTIVE
            )
            role = one_line(written(found.get("role")), NAME)
            seen = await self._service(account, service, user.access_token)
            if seen is not None and team_roles_count(role):
                seen = await self._with_teams(account, seen, user)
        except NotFound:
            raise _NotRead("user_gone") from None
        except Forbidden:
            raise _NotRead("forbidden") from None
        name = one_line(found.get("name"), NAME) or user.name
        return Rights(user=user.pagerduty_user, name=name, role=role, service=seen)

    async def _service(self, account: PagerDutyAccount, service: str, token: str) -> SeenService | None:
        try:
            found = await self._client.get_service(account, service, token=token, within=INTERACTIVE)
        except NotFound:
            return None
        return service_of(found)

    async def _with_teams(
        self, account: PagerDutyAccount, service: SeenService, user: LinkedUser
    ) -> SeenService:
        reader = TeamReader(self._client, account, user)
        teams = await _all_of(*(reader.completed(team) for team in service.teams))
        return service.model_copy(update={"teams": teams})


async def _all_of(*reads: Awaitable[ResultT]) -> tuple[ResultT, ...]:
    """The results, once all have ended; raises the first failure. None goes on behind it."""
    ended = await asyncio.gather(*reads, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return tuple(one for one in ended if not isinstance(one, BaseException))
