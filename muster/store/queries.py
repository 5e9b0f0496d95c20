"""Named queries with named parameters: an SQL file beside each module holds the statements it runs.

``-- name: query_name`` heads a statement, and ``:account`` is a parameter of it. aiosql is not used: its
queries have no types, ignore an argument whose name they do not know, and find parameters in comments.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from muster.store.pool import Connection, Pool

_HEAD = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_TOKEN = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/                # comments
    | '(?:[^']|'')*' | "(?:[^"]|"")*"     # literals, quoted names
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$     # dollar-quoted literals
    | :: | :=                             # casts, named arguments of functions
    | :(?P<name>[A-Za-z_]\w*)
    | \$(?P<number>\d+)
    """,
    re.VERBOSE | re.DOTALL,
)
"""Everything with a colon or a dollar sign in it. A slice of an array needs a space: ``names[1 : n]``."""


class QueryMisused(Exception):
    """A file of queries, or a call of one, is wrong; the text names the query."""


@dataclass(frozen=True)
class Query:
    """One statement. Arguments are passed by name: every parameter's, and no others."""

    name: str
    sql: str
    """As the server reads it: ``$1`` is the first of the parameters."""
    parameters: tuple[str, ...]

    async def fetch(self, connection: Connection | Pool, /, **arguments: object) -> list[asyncpg.Record]:
        """All rows."""
        return await connection.fetch(self.sql, *self._in_order(arguments))

    async def fetchrow(self, connection: Connection | Pool, /, **arguments: object) -> asyncpg.Record | None:
        """The first row, if there is one."""
        return await connection.fetchrow(self.sql, *self._in_order(arguments))

    async def fetchval(self, connection: Connection | Pool, /, **arguments: object) -> Any:
        """The first column of the first row; ``None`` where there is no row."""
        return await connection.fetchval(self.sql, *self._in_order(arguments))

    async def execute(self, connection: Connection | Pool, /, **arguments: object) -> None:
        """Run the statement for what it changes."""
        await connection.execute(self.sql, *self._in_order(arguments))

    def _in_order(self, arguments: Mapping[str, object]) -> list[object]:
        parameters = set(self.parameters)
        if arguments.keys() != parameters:
            missing = [f"{name} is missing" for name in sorted(parameters - arguments.keys())]
            unknown = [f"{name} is unknown" for name in sorted(arguments.keys() - parameters)]
            raise QueryMisused(f"query {self.name}: {', '.join(missing + unknown)}")
        return [arguments[name] for name in self.parameters]


def parse_query(name: str, text: str) -> Query:
    """Number the parameters of a statement; one used twice keeps its number."""
    parameters: list[str] = []

    def positional(token: re.Match[str]) -> str:
        if token["number"]:
            raise QueryMisused(f"query {name}: parameter ${token['number']} has no name")
        if (parameter := token["name"]) is None:
            return token[0]
        if parameter not in parameters:
            parameters.append(parameter)
        return f"${parameters.index(parameter) + 1}"

    sql = _TOKEN.sub(positional, text)
    return Query(name, sql, tuple(parameters))


def load_queries(module_file: str) -> dict[str, Query]:
    """The queries of the ``.sql`` file beside a module, by name."""
    _, *parts = _HEAD.split(Path(module_file).with_suffix(".sql").read_text())
    queries: dict[str, Query] = {}
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        if name in queries:
            raise QueryMisused(f"query {name} stands in the file twice")
        queries[name] = parse_query(name, text.strip())
    return queries
