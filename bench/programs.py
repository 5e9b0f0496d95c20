"""Programs that call the public API: their tokens, which act as the first person of the company."""

import asyncpg

from bench.stack import Stack
from muster.security.api_tokens import new_token
from muster.store import api_tokens


async def tokens_of(stack: Stack, count: int) -> list[str]:
    """So many new tokens. Each may call 120 times a minute."""
    person = stack.company.people[0]
    tokens = [new_token() for _ in range(count)]
    connection = await asyncpg.connect(stack.env["DATABASE_URL"])
    try:
        for number, token in enumerate(tokens):
            await api_tokens.insert(
                connection,
                token,
                account=stack.company.account,
                name=f"bench {number}",
                pagerduty_user=person.pagerduty_user or "",
                pagerduty_email=person.email,
            )
    finally:
        await connection.close()
    return tokens
