"""What is asked of PagerDuty and told to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
from temporalio import activity

from activities.clients.expiring import ExpiringCache
from activities.clients.pagerduty import INTERACTIVE, PagerDutyClient
from activities.implementing import implements
from muster.facts.rest import details_of_incident
from muster.facts.values import EventUnusable
from muster.keys import KeyRing, SealBroken
from muster.settings import PagerDutyAccount
from muster.store import clicks, people
from muster.store.details import lock_incident, read_details, store_details
from muster.store.people import LinkedUser
from muster.store.pool import Connection, Pool, transaction
from workflows.contract import CHANGE_STATUS, READ_DETAILS, RECALL_INCIDENT
from workflows.errors import (
    Conflict,
    CredentialRejected,
    Forbidden,
    OutcomeUnknown,
    ProviderUnavailable,
    RequestInvalid,
)
from workflows.messages import ChangeStatus, Details, Outcome, ReadDetails, StatusChanged
from workflows.model.incident import Stamp
from workflows.model.verbs import VERBS, Verb

_DETAILS_WITHIN = 5.0
_RECALL_WITHIN = 1.5
_READ_SECONDS = 7.0
_CHANGE_SECONDS = 4.8
"""Below the start-to-close limits of the rows, so that no attempt outlives its timeout with a connection."""
_ALREADY = frozenset({"1001", "1002"})
"""PagerDuty's numbers for *already resolved* and *already acknowledged*."""

log = structlog.stdlib.get_logger(__name__)


class PagerDutyActivities:
    """Reads as the account's app, changes as the person who pressed."""

    def __init__(
        self,
        client: PagerDutyClient,
        app_tokens: ExpiringCache[str, str],
        *,
        details_pool: Pool,
        clicks_pool: Pool,
        accounts: Mapping[str, PagerDutyAccount],
        keys: KeyRing,
    ) -> None:
        self._client = client
        self._app_tokens = app_tokens
        # Connections are held while PagerDuty answers: pools of their own, so that a PagerDuty that hangs
        # takes none from the cards.
        self._details_pool = details_pool
        self._clicks_pool = clicks_pool
        self._accounts = accounts
        self._keys = keys

    @implements(READ_DETAILS)
    async def read_details(self, request: ReadDetails) -> Details:
        """What webhooks do not carry; one question at a time for all channels of an incident."""
        async with _bounded(_READ_SECONDS), transaction(self._details_pool) as connection:
            await lock_incident(connection, "read", request.account, request.incident_id)
            if not request.fresh and (
                stored := await read_details(connection, request.account, request.incident_id, request.wanted)
            ):
                return stored
            details = await self._read(request, within=_DETAILS_WITHIN)
            await store_details(connection, request.account, request.incident_id, details)
            return details

    @implements(RECALL_INCIDENT)
    async def recall_incident(self, request: ReadDetails) -> Details:
        """The incident as it is now, for a run that follows an ended one: one quick try."""
        return await self._read(request, within=_RECALL_WITHIN)

    async def _read(self, request: ReadDetails, *, within: float) -> Details:
        account = self._account(request.account)
        token = await self._app_tokens.get(account.key)
        try:
            incident = await self._client.get_incident(
                account, request.incident_id, token=token, within=within
            )
        except CredentialRejected:
            token = await self._app_tokens.renew(account.key, token)
            incident = await self._client.get_incident(
                account, request.incident_id, token=token, within=within
            )
        return _details(incident, read_for=request.wanted)

    @implements(CHANGE_STATUS)
    async def change_status(self, request: ChangeStatus) -> StatusChanged:
        """Tell PagerDuty the verb's status as the person who pressed, once per click.

        Holds the incident's lock from the first look to the recorded outcome, so that two clicks
        never decide on the same reading. Every retry begins with a read.
        """
        async with _bounded(_CHANGE_SECONDS), transaction(self._clicks_pool) as connection:
            await lock_incident(connection, "write", request.card.account, request.card.incident_id)
            if (recorded := await clicks.outcome_of(connection, request.click.key)) is not None:
                return StatusChanged(outcome=recorded)
            changed = await self._change(connection, request)
            await clicks.record(connection, request.card, request.click, changed.outcome)
            return changed

    async def _change(self, connection: Connection, request: ChangeStatus) -> StatusChanged:
        verb = VERBS[request.click.verb]
        user = await self._user(connection, request)
        if user is None:
            return _refused(verb, "your link to PagerDuty was removed meanwhile")
        try:
            if verb.undoes or activity.info().attempt > 1:
                seen = await self._look(request, user)
                if (settled := _settled(verb, seen, user)) is not None:
                    return settled
            return await self._tell(request, verb, user)
        except Conflict as error:
            if error.code not in _ALREADY:
                raise
            seen = await self._look(request, user)
            return _settled(verb, seen, user) or _refused(verb, "PagerDuty says it is settled already")
        except CredentialRejected:
            return _refused(verb, "PagerDuty does not accept your link any more; link your accounts again")
        except Forbidden:
            return _refused(verb, f"PagerDuty does not allow {user.name} to do this")

    async def _user(self, connection: Connection, request: ChangeStatus) -> LinkedUser | None:
        person = request.click.person
        if person.link is None:
            return None
        try:
            return await people.linked_user(connection, self._keys, person.link, account=request.card.account)
        except SealBroken as error:
            log.error("a link cannot be opened", link=person.link, reason=str(error))
            raise ProviderUnavailable("the link cannot be opened: MUSTER_KEYS lacks its key") from error

    async def _look(self, request: ChangeStatus, user: LinkedUser) -> Details:
        incident = await self._client.get_incident(
            self._account(request.card.account),
            request.card.incident_id,
            token=user.access_token,
            within=INTERACTIVE,
        )
        return _details(incident)

    async def _tell(self, request: ChangeStatus, verb: Verb, user: LinkedUser) -> StatusChanged:
        try:
            incident = await self._client.change_status(
                self._account(request.card.account),
                request.card.incident_id,
                verb.target,
                token=user.access_token,
                from_email=user.email,
            )
        except OutcomeUnknown as error:
            # A status is settled by reading it, so this may be tried again, beginning with the read.
            raise ProviderUnavailable(str(error), code=error.code) from error
        return StatusChanged(outcome=_done(verb), details=_details(incident))

    def _account(self, key: str) -> PagerDutyAccount:
        if key not in self._accounts:
            raise RequestInvalid(f"the PagerDuty account {key} is not in the configuration")
        return self._accounts[key]


@asynccontextmanager
async def _bounded(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ProviderUnavailable("PagerDuty, or the queue for it, took too long") from error


def _details(incident: Mapping[str, object], *, read_for: Stamp | None = None) -> Details:
    try:
        return details_of_incident(incident, read_for=read_for)
    except EventUnusable as error:
        raise ProviderUnavailable(f"PagerDuty broke its contract: {error}") from error


def _settled(verb: Verb, seen: Details, user: LinkedUser) -> StatusChanged | None:
    """The outcome where PagerDuty already stands as wanted, or where the verb would undo something.

    What this person did is this press's work only after a try of it whose answer was lost.
    """
    status, by = seen.snapshot.status, seen.status_changed_by
    if status == verb.target:
        if activity.info().attempt > 1 and by is not None and by.id == user.pagerduty_user:
            return StatusChanged(outcome=_done(verb), details=seen)
        return StatusChanged(
            outcome=Outcome(kind="already", text=f"Already {status}{_by(seen)}."), details=seen
        )
    if status in verb.undoes:
        text = f"Already {status}{_by(seen)}; nothing was changed."
        return StatusChanged(outcome=Outcome(kind="stale", text=text), details=seen)
    return None


def _done(verb: Verb) -> Outcome:
    return Outcome(kind="done", text=f"You {verb.target} this incident.")


def _refused(verb: Verb, reason: str) -> StatusChanged:
    return StatusChanged(outcome=Outcome(kind="refused", text=f"{verb.label} was not done: {reason}."))


def _by(seen: Details) -> str:
    return (
        f" by {seen.status_changed_by.name}" if seen.status_changed_by and seen.status_changed_by.name else ""
    )
