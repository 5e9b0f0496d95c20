"""What a person may do with a service, read as that person, each time anew."""

from collections.abc import Mapping

from muster.clients.pagerduty.access import account_of, bounded
from muster.clients.pagerduty.rest import INTERACTIVE, PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.identity import NoIdentity, asked_as
from muster.linked_people.person_token import PersonTokens
from muster.linked_people.team_members import TeamReader
from muster.linked_people.together import all_of
from muster.payloads.services import service_of
from muster.store.links import LinkedUser
from muster.values import NAME, one_line, written
from workflows.connect_channel.activities import RightsRead
from workflows.connect_channel.state import Unread
from workflows.errors import Forbidden, NotFound
from workflows.rights import Rights, SeenService, team_roles_count


class _NotRead(Exception):
    """PagerDuty does not tell this person."""

    def __init__(self, reason: Unread) -> None:
        super().__init__(reason)
        self.reason: Unread = reason


class RightsReader:
    """Asks PagerDuty who somebody is there, and what they see of a service.

    ``within``: seconds for all of one reading, a refresh of the person's token among it.
    """

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        accounts: Mapping[str, PagerDutyAccount],
        person_tokens: PersonTokens,
        *,
        within: float,
    ) -> None:
        self._client = pagerduty
        self._accounts = accounts
        self._tokens = person_tokens
        self._within = within

    async def read(self, *, link: int, account: str, service: str) -> RightsRead:
        """The person's base role, the service, and their roles in its teams; with names of who else can.

        A token that PagerDuty does not accept is replaced once. Raises a ``Temporary`` where PagerDuty cannot
        tell now or not in time, ``RequestInvalid`` where the account is not configured, and an error of
        ``UNAVAILABLE`` where the database cannot say whose link it is.
        """
        configured = account_of(self._accounts, account)
        try:
            async with bounded(self._within):
                rights = await asked_as(
                    self._tokens,
                    lambda user: self._read(configured, service, user),
                    link=link,
                    account=configured.key,
                )
                return RightsRead(rights=rights)
        except (_NotRead, NoIdentity) as error:
            return RightsRead(unread=error.reason)

    async def _read(self, account: PagerDutyAccount, service: str, user: LinkedUser) -> Rights:
        """With one token; raises ``CredentialRejected``."""
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
        teams = await all_of(*(reader.completed(team) for team in service.teams))
        return service.model_copy(update={"teams": teams})
