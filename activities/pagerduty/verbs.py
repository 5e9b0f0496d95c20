"""Verbs: telling PagerDuty what a person clicked, as that person."""

from collections.abc import Awaitable, Mapping

import structlog
from temporalio import activity

from activities.registration import implements
from muster.clients.pagerduty.access import account_of, bounded, details_of
from muster.clients.pagerduty.rest import INTERACTIVE, PagerDutyClient, is_already_so
from muster.config_file import PagerDutyAccount
from muster.linked_people.identity import NoIdentity, identity
from muster.linked_people.person_token import PersonTokens
from muster.store import clicks
from muster.store.details import lock_incident
from muster.store.links import LinkedUser
from muster.store.pool import Pool, transaction
from workflows.channel_incident.activities import CHANGE_STATUS, DoVerb, VerbDone
from workflows.errors import (
    Conflict,
    CredentialRejected,
    Forbidden,
    OutcomeUnknown,
    ProviderUnavailable,
    RequestInvalid,
)
from workflows.incident.events import Details
from workflows.verbs.judging import done, failed, judge
from workflows.verbs.outcomes import Outcome, Reason
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import Verb

_CHANGE_SECONDS = 4.8
"""Less than the row's start-to-close limit, so that an attempt that timed out holds no connection."""

log = structlog.stdlib.get_logger(__name__)


class _TokenRejected(Exception):
    """PagerDuty does not accept this user's token."""

    def __init__(self, user: LinkedUser, error: CredentialRejected) -> None:
        super().__init__("PagerDuty does not accept a token")
        self.user = user
        self.refusal = _refused_to(user, error)


class VerbActivities:
    """Changes incidents as the people who clicked.

    ``clicks_pool`` is used by nothing else. A connection is held while PagerDuty answers, and a PagerDuty
    that hangs must take no connection from the cards.
    """

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        clicks_pool: Pool,
        accounts: Mapping[str, PagerDutyAccount],
        person_tokens: PersonTokens,
    ) -> None:
        self._client = pagerduty
        self._pool = clicks_pool
        self._accounts = accounts
        self._tokens = person_tokens

    @implements(CHANGE_STATUS)
    async def change_status(self, request: DoVerb) -> VerbDone:
        """Tell PagerDuty the verb's status as the person who clicked, once per click.

        Holds the incident's lock from the first look to the recorded outcome, so that two clicks
        never decide on the same reading. Every retry begins with a read. A token is had without the lock:
        nobody else's click waits for this person's refresh.
        """
        async with bounded(_CHANGE_SECONDS):
            if activity.info().attempt > 1 and (recorded := await self._recorded(request)) is not None:
                return recorded  # a click that is done needs no token any more
            user = await self._user(request)
            try:
                return await self._change_once(request, user)
            except _TokenRejected as rejected:
                renewed = await self._user(request, instead_of=rejected)
            try:
                return await self._change_once(request, renewed)
            except _TokenRejected as again:
                return await self._change_once(request, again.refusal)

    async def _recorded(self, request: DoVerb) -> VerbDone | None:
        outcome = await clicks.outcome_of(self._pool, request.click.key)
        return None if outcome is None else VerbDone(outcome=outcome)

    async def _change_once(self, request: DoVerb, user: LinkedUser | VerbDone) -> VerbDone:
        """Do it as this user under the incident's lock, or record why nobody can be it.

        Raises ``_TokenRejected`` where PagerDuty does not accept the user's token: nothing was done.
        """
        async with transaction(self._pool) as connection:
            await lock_incident(connection, "write", request.card.account, request.card.incident_id)
            if (recorded := await clicks.outcome_of(connection, request.click.key)) is not None:
                return VerbDone(outcome=recorded)
            changed = user if isinstance(user, VerbDone) else await self._change_as(user, request)
            await clicks.record(connection, request.card, request.click, changed.outcome)
            return changed

    async def _user(
        self, request: DoVerb, *, instead_of: "_TokenRejected | None" = None
    ) -> LinkedUser | VerbDone:
        """Who the click is done as, or why it is done as nobody; with another token than a rejected one."""
        link, account = request.click.person.link, request.card.account
        if link is None:
            return _refused("link_removed")
        if instead_of is None:
            return await _identity(self._tokens.user(link, account=account))
        rejected = instead_of.user.access_token
        renewed = await _identity(self._tokens.renewed(link, account=account, rejected=rejected))
        is_same = isinstance(renewed, LinkedUser) and renewed.access_token == rejected
        return instead_of.refusal if is_same else renewed

    async def _change_as(self, user: LinkedUser, request: DoVerb) -> VerbDone:
        """One try with one token; raises ``_TokenRejected``."""
        verb = VERBS[request.click.verb]
        try:
            if verb.undoes or activity.info().attempt > 1:
                seen = await self._read(request, user)
                if (judged := _judged(verb, seen, user)) is not None:
                    return judged
            return await self._tell_or_read(request, verb, user)
        except CredentialRejected as error:
            raise _TokenRejected(user, error) from error
        except Forbidden as error:
            return _refused_to(user, error)

    async def _tell_or_read(self, request: DoVerb, verb: Verb, user: LinkedUser) -> VerbDone:
        """Tell PagerDuty; where it says that this is so already, read how it is."""
        try:
            return await self._tell(request, verb, user)
        except Conflict as error:
            if not is_already_so(error):
                raise
        seen = await self._read(request, user)
        return _judged(verb, seen, user) or _refused("already_changed")

    async def _read(self, request: DoVerb, user: LinkedUser) -> Details:
        incident = await self._client.get_incident(
            account_of(self._accounts, request.card.account),
            request.card.incident_id,
            token=user.access_token,
            within=INTERACTIVE,
        )
        return details_of(incident)

    async def _tell(self, request: DoVerb, verb: Verb, user: LinkedUser) -> VerbDone:
        if verb.target is None:
            raise RequestInvalid(f"the verb {verb.name} changes no status")
        try:
            incident = await self._client.change_status(
                account_of(self._accounts, request.card.account),
                request.card.incident_id,
                verb.target,
                token=user.access_token,
                from_email=user.email,
            )
        except OutcomeUnknown as error:
            # The status shows it (``find_out="state"``), so this may be tried again, beginning with the read.
            raise ProviderUnavailable(str(error), code=error.code, says=error.says) from error
        return VerbDone(outcome=done(verb), details=details_of(incident))


async def _identity(found: Awaitable[LinkedUser | None]) -> LinkedUser | VerbDone:
    """Who the click is done as, or why it cannot be done as anybody; raises a ``Temporary``."""
    try:
        return await identity(found)
    except NoIdentity as nobody:
        if nobody.reason == "app_refused":
            return VerbDone(outcome=Outcome(kind="failed", reason="app_refused"))
        return _refused(nobody.reason)


def _judged(verb: Verb, seen: Details, user: LinkedUser) -> VerbDone | None:
    """The outcome where PagerDuty already stands as wanted, or where the verb would undo something.

    A change by this person counts as this click's only where an earlier attempt may have made it.
    """
    by = seen.status_changed_by
    is_own = by is not None and by.id == user.pagerduty_user
    if seen.snapshot.status == verb.target and is_own and activity.info().attempt > 1:
        return VerbDone(outcome=done(verb), details=seen)
    judged = judge(verb, seen.standing)
    return None if judged is None else VerbDone(outcome=judged, details=seen)


def _refused(reason: Reason) -> VerbDone:
    return VerbDone(outcome=Outcome(kind="refused", reason=reason))


def _refused_to(user: LinkedUser, error: CredentialRejected | Forbidden) -> VerbDone:
    return VerbDone(outcome=failed(type(error), by=user.name, refusal=error.refusal))
