"""Webhook subscriptions that go on are inspected: what others did to them in PagerDuty is mended.

Events that were not sent meanwhile do not come any more; so each finding is a warning to operators.
"""

from collections.abc import Sequence

import structlog

from muster.clients.pagerduty.app_scopes import SUBSCRIPTION
from muster.clients.pagerduty.subscriptions import Standing, SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.store import subscriptions
from muster.store.pool import Pool
from muster.store.subscriptions import Stored
from workflows.incident.event_types import SUBSCRIBED
from workflows.subscription.activities import Finding

log = structlog.stdlib.get_logger(__name__)


async def mend(
    client: SubscriptionClient,
    app_tokens: AppTokens,
    pool: Pool,
    account: PagerDutyAccount,
    live: Sequence[Stored],
    *,
    url: str,
) -> tuple[Finding, ...]:
    """Note those that were deleted, and have events sent again by the one at ``url``.

    One at an earlier address stays as it is: it goes anyway. Raises ``OutsideError``s.
    """
    found: list[Finding] = []

    def note(finding: Finding, id: str) -> None:
        found.append(finding)
        log.warning(
            "a webhook subscription did not send all events",
            account=account.key,
            subscription=id,
            found=finding,
        )

    for one in live:
        standing = await _read(client, app_tokens, account, one.id)
        token = await app_tokens.get(account.key, SUBSCRIPTION)
        if standing is None:
            await subscriptions.note_deleted(pool, account.key, one.id)
            note("deleted", one.id)
        elif one.url in (url, None):
            if not standing.is_active:
                await client.activate(account, one.id, token=token)
                note("inactive", one.id)
            if standing.is_disabled:
                await client.enable(account, one.id, token=token)
                note("disabled", one.id)
            if not standing.is_of_account or not standing.events.issuperset(SUBSCRIBED):
                await client.widen(account, one.id, token=token, events=SUBSCRIBED)
                note("changed", one.id)
    return tuple(found)


async def _read(
    client: SubscriptionClient, app_tokens: AppTokens, account: PagerDutyAccount, id: str
) -> Standing | None:
    async def read(token: str) -> Standing | None:
        return await client.read(account, id, token=token)

    return await app_tokens.asked(account.key, SUBSCRIPTION, read)
