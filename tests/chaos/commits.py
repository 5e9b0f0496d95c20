"""Commits that wait, so that a process can be killed before one of them is made or after it.

A deferred trigger is run by the commit itself, that of one statement or of a transaction. Its process has
sent it then and waits for the answer: what is committed hangs on the server alone.
"""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from tests.chaos.company import Company, holding
from tests.support.waiting import eventually

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_COMMITS = "commits"
"""The text behind the lock at which they wait."""


class Commit(NamedTuple):
    """A transaction of the worker's, by a row that it writes."""

    table: str
    operation: str
    of: str = "true"
    """Which rows: a condition on ``NEW``."""


@asynccontextmanager
async def commits_held(company: Company, commit: Commit) -> AsyncIterator[Callable[[], Awaitable[list[int]]]]:
    """Let commits with such a row wait until the block ends; gives how to wait for the first one."""
    table, operation, of = commit
    lock = f"PERFORM pg_advisory_xact_lock(hashtextextended('{_COMMITS}', 0))"
    await company.rows(
        f"CREATE FUNCTION wait_to_commit() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN {lock}; RETURN NULL; END $$"
    )
    await company.rows(
        f"CREATE CONSTRAINT TRIGGER waits AFTER {operation} ON {table}"
        f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({of}) EXECUTE FUNCTION wait_to_commit()"
    )

    async def reached() -> list[int]:
        await eventually(functools.partial(company.backends_at, _COMMITS, granted=False))
        return await company.backends_at(_COMMITS, granted=False)

    try:
        async with holding(company, _LOCK, _COMMITS):
            yield reached
    finally:
        await company.rows("DROP FUNCTION wait_to_commit CASCADE")
