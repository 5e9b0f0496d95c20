"""The link of the person who clicks, as one that is refreshed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from bench.stack import Stack
from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing
from muster.store import links

_LIFE = timedelta(days=1)


@asynccontextmanager
async def expiring_link(stack: Stack) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Link the clicking person anew, as a person does; gives what lets the token expire.

    Raises RuntimeError where a token that expired was not refreshed.
    """
    keys = KeyRing.parse(stack.env["MUSTER_KEYS"])
    person = stack.company.people[0]
    connection = await asyncpg.connect(stack.env["DATABASE_URL"])
    whose = {
        "tenant": stack.company.tenant_id,
        "aad_object_id": person.aad_object_id,
        "account": stack.company.account,
    }
    async with connection.transaction():
        await links.unlink(connection, **whose)
        link = await links.insert(
            connection,
            keys,
            **whose,
            pagerduty_user=person.pagerduty_user or "",
            name=person.name,
            email=person.email,
            tokens=_tokens(),
        )

    async def expire() -> None:
        await connection.execute(
            "UPDATE user_link SET refreshed_at = now() - interval '2 days',"
            " expires_at = now() - interval '1 day' WHERE id = $1",
            link,
        )

    refreshed_before = stack.sink.refreshes
    try:
        yield expire
        if stack.sink.refreshes == refreshed_before:
            raise RuntimeError("no token was refreshed")
    finally:
        await connection.close()


def _tokens() -> Tokens:
    now = datetime.now(UTC)
    return Tokens("bench", "bench-refresh", ("incidents.write",), now, now + _LIFE)
