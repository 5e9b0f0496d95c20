"""Named queries: Postgres accepts each, its module passes what it asks for, and a wrong name is an error."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

import muster
from muster.store.pool import Connection, Pool
from muster.store.queries import Query, QueryMisused, load_queries, parse_query
from sandbox.up.servers.postgres import EmbeddedPostgres
from workflows.channel_incident.messages import CardKey
from workflows.incident_room.messages import RoomKey

pytestmark = pytest.mark.anyio


def named_queries() -> dict[str, Query]:
    """All that the product's modules hold, as ``module.query``."""
    modules = (
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(muster.__path__, "muster.")
        if not module.name.startswith("muster.cli")
    )
    return {
        f"{module.__name__}.{name}": query
        for module in modules
        for name, query in getattr(module, "QUERIES", {}).items()
    }


@pytest.fixture(scope="module")
async def connection(postgres: EmbeddedPostgres, migrated: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(postgres.create_database("queries", template=migrated))
    yield opened
    await opened.close()


# The product's own


@pytest.mark.parametrize("name", named_queries())
async def test_postgres_accepts_every_query(name: str, connection: Connection) -> None:
    query = named_queries()[name]
    prepared = await connection.prepare(query.sql)
    assert len(prepared.get_parameters()) == len(query.parameters)


@pytest.mark.parametrize("name", named_queries())
def test_its_module_passes_every_parameter_and_no_other(name: str) -> None:
    module, _, query = name.rpartition(".")
    (passed,) = arguments_of(query, inspect.getsource(importlib.import_module(module)))
    assert passed == set(named_queries()[name].parameters)


def arguments_of(query: str, source: str) -> Iterator[set[str]]:
    """The names that each call ``QUERIES[query].method(connection, …)`` passes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Subscript(value=ast.Name("QUERIES"), slice=ast.Constant(value=found))
                )
            ) if found == query:
                yield {name for keyword in node.keywords for name in names_of(keyword)}


def names_of(keyword: ast.keyword) -> set[str]:
    """One name, or those of the key of a card or a room, which is passed as a whole."""
    if keyword.arg is not None:
        return {keyword.arg}
    assert ast.unparse(keyword.value) in ("dict(card)", "dict(request.card)", "dict(room)")
    return set((RoomKey if "room" in ast.unparse(keyword.value) else CardKey).model_fields)


def test_every_file_of_queries_has_its_module() -> None:
    root = Path(muster.__file__).parent
    files = [path for path in root.rglob("*.sql") if "-- name:" in path.read_text()]
    of_files = {
        f"{'.'.join(('muster', *path.relative_to(root).with_suffix('').parts))}.{name}"
        for path in files
        for name in load_queries(str(path))
    }
    assert of_files == set(named_queries())
    assert len(of_files) > 20


# The file


def test_a_query_begins_after_its_name(tmp_path: Path) -> None:
    (tmp_path / "module.sql").write_text("-- name: first\nSELECT 1\n\n-- name: second\n-- why\nSELECT 2;\n")
    assert load_queries(str(tmp_path / "module.py")) == {
        "first": Query("first", "SELECT 1", ()),
        "second": Query("second", "-- why\nSELECT 2;", ()),
    }


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.sql").write_text("-- name: first\nSELECT 1\n-- name: first\nSELECT 2\n")
    with pytest.raises(QueryMisused, match="query first stands in the file twice"):
        load_queries(str(tmp_path / "module.py"))


# Parameters


def test_parameters_are_numbered_as_they_appear_and_keep_their_number() -> None:
    query = parse_query("q", "SELECT :later, :first::text, (:later)::int[:first]")
    assert query == Query("q", "SELECT $1, $2::text, ($1)::int[$2]", ("later", "first"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT now()::date",
        "SELECT make_interval(days := 1)",
        "SELECT 'a :name, it''s :name'",
        'SELECT 1 AS ":name"',
        "SELECT 1 -- what :name isn't\n, 2",
        "SELECT 1 /* what\n:name isn't */, 2",
        "SELECT $$ :name $$, $tag$ :name $$ :name $tag$",
        "SELECT (ARRAY[1, 2, 3])[2:], (ARRAY[1, 2, 3])[1 : 2]",
    ],
)
async def test_what_only_resembles_a_parameter_stays_as_it_is(text: str, connection: Connection) -> None:
    assert parse_query("q", text) == Query("q", text, ())
    await connection.prepare(text)


@pytest.mark.parametrize("before", ["'it''s'", '"a"', "/* it's */ 1", "$$ it's $$", "-- it's\n 1"])
def test_a_parameter_after_a_literal_or_a_comment_is_found(before: str) -> None:
    assert parse_query("q", f"SELECT {before}, :name").sql == f"SELECT {before}, $1"


def test_a_parameter_without_a_name_is_refused() -> None:
    with pytest.raises(QueryMisused, match=r"query q: parameter \$1 has no name"):
        parse_query("q", "SELECT $1")


# Arguments


async def test_arguments_are_bound_by_their_names(pool: Pool) -> None:
    query = parse_query("q", "SELECT :a::text || :b::text AS ab, :a::text AS a")
    async with pool.acquire() as acquired:
        await _binds_by_name(query, pool)
        await _binds_by_name(query, acquired)


async def _binds_by_name(query: Query, *connections: Connection | Pool) -> None:
    for connection in connections:
        assert await query.fetchval(connection, b="B", a="A") == "AB"
        row = await query.fetchrow(connection, b="B", a="A")
        assert row is not None
        assert tuple(row) == ("AB", "A")
        assert [tuple(row) for row in await query.fetch(connection, b="B", a="A")] == [("AB", "A")]


async def test_a_statement_is_executed_for_what_it_changes(pool: Pool) -> None:
    await parse_query("q", "INSERT INTO teams_tenant (id, name) VALUES (:id, :name)").execute(
        pool, name="Acme", id="t1"
    )
    assert tuple(await pool.fetchrow("SELECT id, name FROM teams_tenant WHERE id = 't1'") or ()) == (
        "t1",
        "Acme",
    )


@pytest.mark.parametrize("method", ["fetch", "fetchrow", "fetchval", "execute"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"a": 1}, "query q: b is missing"),
        ({"a": 1, "b": 2, "c": 3}, "query q: c is unknown"),
        ({"a": 1, "c": 3, "d": 4}, "query q: b is missing, c is unknown, d is unknown"),
    ],
)
async def test_a_wrong_name_is_an_error_before_anything_is_sent(
    method: str, arguments: dict[str, int], complaint: str, connection: Connection
) -> None:
    query = parse_query("q", "SELECT :a::int, :b::int")
    with pytest.raises(QueryMisused, match=f"^{complaint}$"):
        await getattr(query, method)(connection, **arguments)
