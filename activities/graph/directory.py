"""Who PagerDuty's people are in a tenant's directory, by their e-mail addresses."""

from collections.abc import Mapping
from typing import NamedTuple

from muster.clients.graph.chats import ChatsClient, DirectoryPerson
from muster.clients.pagerduty.access import account_of
from muster.clients.pagerduty.app_scopes import USERS
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.store import room_members
from muster.store.pool import Pool
from muster.store.room_members import Known
from muster.values import NAME, VALUE, one_line
from workflows.errors import RequestInvalid

NOBODY = Known(None, None)


class User(NamedTuple):
    """A user as PagerDuty has them."""

    email: str
    name: str


class Directory:
    """Asks PagerDuty and Microsoft, and keeps what Microsoft said."""

    def __init__(
        self,
        chats: ChatsClient,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
        pool: Pool,
    ) -> None:
        self._chats = chats
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._accounts = accounts
        self._pool = pool

    async def user(self, account: str, user: str) -> User:
        """A user of the account; raises ``NotFound``."""
        configured = account_of(self._accounts, account)
        token = await self._app_tokens.get(account, USERS)
        found = await self._client.get_user(configured, user, token=token)
        return User(one_line(found.get("email"), VALUE), one_line(found.get("name"), NAME))

    async def by_email(self, tenant: str, email: str) -> Known:
        """Whom the tenant knows by this address, kept for a day; ``NOBODY``, for an hour.

        Raises ``ConsentMissing``.
        """
        if not email:
            return NOBODY
        known = await room_members.directory(self._pool, tenant=tenant, email=email)
        if known is None:
            found = await self._found(tenant, email)
            known = Known(found.aad_object_id, found.role, found.address or email) if found else NOBODY
            await room_members.keep_directory(self._pool, tenant=tenant, email=email, known=known)
        return known

    async def _found(self, tenant: str, email: str) -> DirectoryPerson | None:
        """Whom the directory has; an address that it does not even take is nobody's."""
        try:
            return await self._chats.find_person(tenant, email)
        except RequestInvalid as refusal:
            if refusal.refusal is None:  # it was not asked
                raise
            return None
