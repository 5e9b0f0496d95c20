"""Each way in which a connection fails has its own sentence, with the place and without the password."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from muster.store.connecting import connect
from muster.store.database_url import parse_database_url
from muster.store.migrate import migrate, require_schema
from muster.store.pool import DatabaseRefused, DatabaseUnreachable, open_pool
from sandbox.up.servers.postgres import EmbeddedPostgres
from tests.support.pgbouncer import PgBouncer, pgbouncer
from tests.support.settings import settings_for

pytestmark = pytest.mark.anyio

SECRET = "do-not-show"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def over_tls(postgres: EmbeddedPostgres, authority: trustme.CA) -> Iterator[PgBouncer]:
    """The server with TLS, which the embedded one is built without; its certificate is for localhost."""
    certificate = authority.issue_cert("localhost")
    with pgbouncer(postgres, mode="session", certificate=certificate) as running:
        yield running


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


@asynccontextmanager
async def server_that(answers: bytes | None) -> AsyncIterator[int]:
    """The port of one that answers the first bytes with these and hangs up, or never says anything."""

    running: list[asyncio.Task[None]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.read(100)
            if answers is None:
                await reader.read()
            else:
                writer.write(answers)
            writer.close()
            await writer.wait_closed()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.append(asyncio.create_task(answer(reader, writer)))

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*running)


async def refused(url: str) -> str:
    """What opening a pool says."""
    with pytest.raises(DatabaseUnreachable) as failed:
        await open_pool(parse_database_url(url))
    assert SECRET not in str(failed.value)
    kind = "refuses the connection" if isinstance(failed.value, DatabaseRefused) else "cannot be reached"
    assert kind in str(failed.value)
    return str(failed.value)


def me(rest: str) -> str:
    return f"postgresql://muster:{SECRET}@{rest}"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("127.0.0.1:1/x", "the database at 127.0.0.1:1/x cannot be reached: nothing listens there"),
        ("localhost:1/x", "the database at localhost:1/x cannot be reached: nothing listens there"),
        ("[::1]:1/x", "the database at [::1]:1/x cannot be reached: nothing listens there"),
        (
            "nobody.invalid/x",
            "the database at nobody.invalid:5432/x cannot be reached: its name cannot be looked up:",
        ),
        (
            "/x?host=/nowhere",
            "the database at /nowhere/.s.PGSQL.5432/x cannot be reached: there is no such socket",
        ),
        (
            "127.0.0.1:1,127.0.0.1:2/x",
            "the database at 127.0.0.1:1, 127.0.0.1:2/x cannot be reached:"
            " 127.0.0.1:1: nothing listens there; 127.0.0.1:2: nothing listens there",
        ),
    ],
)
async def test_a_place_where_nobody_is(place: str, sentence: str) -> None:
    assert (await refused(me(place))).startswith(sentence)


@pytest.mark.parametrize("sslmode", ["disable", "prefer"])
async def test_what_is_no_database_is_asked_about(sslmode: str) -> None:
    async with server_that(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        said = await refused(me(f"127.0.0.1:{port}/x?sslmode={sslmode}"))
    assert said.endswith("it broke the connection off before it let us in: is it a PostgreSQL server?")


async def test_one_that_says_nothing_is_given_its_time() -> None:
    async with server_that(None) as port:
        said = await refused(me(f"127.0.0.1:{port}/x?connect_timeout=1"))
    assert said.endswith("cannot be reached: no answer within 1 s")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            b"N",
            "refuses the connection: it does not offer TLS, which sslmode=require asks for",
        ),
        (b"S", "it broke the connection off before it let us in"),
    ],
)
async def test_tls_that_is_required(answers: bytes, sentence: str) -> None:
    async with server_that(answers) as port:
        assert sentence in await refused(me(f"127.0.0.1:{port}/x?sslmode=require"))


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("sslmode=require", "it does not offer TLS, which sslmode=require asks for"),
        ("sslmode=verify-full", "it does not offer TLS, which sslmode=verify-full asks for"),
        ("sslmode=verify-ca&sslrootcert=/nowhere", "/nowhere cannot be used for TLS: No such file"),
        ("sslcert=/a.pem&sslkey=/b.pem", "/a.pem, /b.pem cannot be used for TLS: No such file"),
        ("options=-c%20nonsense%3D1", 'unrecognized configuration parameter "nonsense"'),
        ("options=-c%20work_mem%3Dx", 'invalid value for parameter "work_mem"'),
        ("target_session_attrs=standby", "it is not standby, which target_session_attrs asks for"),
    ],
)
async def test_what_the_address_asks_for_and_the_server_has_not(
    parameters: str, sentence: str, postgres: EmbeddedPostgres
) -> None:
    assert sentence in await refused(f"{postgres.url('postgres')}?{parameters}")


async def test_no_connection_left(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("narrow")
    async with await open_pool(parse_database_url(url), size=1) as pool:
        await pool.execute("ALTER DATABASE narrow CONNECTION LIMIT 0")
        await pool.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        guest = url.replace(url.partition("//")[2].partition("@")[0], "guest:guest")
        assert 'it has no connection left for us: too many connections for database "narrow"' in (
            await refused(guest)
        )
        await pool.execute("DROP ROLE guest")
    postgres.drop_database("narrow")


async def test_the_host_that_lets_us_in_is_found_among_several(postgres: EmbeddedPostgres) -> None:
    url = postgres.url("postgres").replace("@", "@127.0.0.1:1,", 1)
    opened = await connect(parse_database_url(url))
    await opened.connection.close()
    assert (opened.host.port, opened.tls) == (postgres.port, False)


# TLS


@pytest.mark.parametrize(
    ("parameters", "tls"),
    [
        ("", True),
        ("sslmode=prefer", True),
        ("sslmode=allow", False),
        ("sslmode=disable", False),
        ("sslmode=require", True),
        ("sslmode=require&sslrootcert={ca}", True),
        ("sslmode=verify-ca&sslrootcert={ca}", True),
        ("sslmode=verify-full&sslrootcert={ca}", True),
    ],
)
async def test_a_mode_means_the_same_to_migrations_and_to_everybody(
    parameters: str, tls: bool, over_tls: PgBouncer, postgres: EmbeddedPostgres, authority_file: Path
) -> None:
    postgres.create_database("modes")
    place = over_tls.url("modes").replace("127.0.0.1", "localhost")
    settings = settings_for(f"{place}?{parameters.format(ca=quote(str(authority_file)))}", "127.0.0.1:1")
    opened = await connect(settings.database)
    await opened.connection.close()
    assert opened.tls == tls
    await migrate(settings)
    async with await open_pool(settings.database, size=1) as pool:
        await require_schema(pool)
    postgres.drop_database("modes")


async def test_without_a_file_the_systems_authorities_vouch_for_the_server(
    over_tls: PgBouncer, straight: str, authority_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file))
    place = over_tls.url("straight").replace("127.0.0.1", "localhost")
    settings = settings_for(f"{place}?sslmode=verify-full", "127.0.0.1:1")
    await migrate(settings)
    async with await open_pool(settings.database, size=1) as pool:
        await require_schema(pool)


@pytest.mark.parametrize(
    ("host", "parameters", "sentence"),
    [
        (
            "localhost",
            "sslmode=verify-full",
            "not trusted (by the system's authorities): unable to get local",
        ),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={ca}", "IP address mismatch"),
        ("localhost", "sslmode=verify-ca&sslrootcert={other}", "not trusted (by {other}): "),
        ("localhost", "sslmode=require&sslrootcert={other}", "not trusted (by {other}): "),
    ],
)
async def test_a_certificate_that_is_not_trusted(
    host: str,
    parameters: str,
    sentence: str,
    over_tls: PgBouncer,
    authority_file: Path,
    tmp_path: Path,
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    files = {"ca": authority_file, "other": other}
    place = over_tls.url("postgres").replace("127.0.0.1", host)
    said = await refused(f"{place}?{parameters.format(**files)}")
    assert "refuses the connection: its certificate is not trusted" in said
    assert sentence.format(**files) in said


# Nothing else is asked


@pytest.fixture
def straight(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a database without a schema."""
    yield postgres.create_database("straight")
    postgres.drop_database("straight")


@pytest.fixture
def misled(straight: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Variables, a home folder and a folder with files that would lead a driver elsewhere."""
    home = Path(tempfile.mkdtemp())
    (home / ".postgresql").mkdir()
    (home / ".postgresql" / "postgresql.crt").write_text("no certificate")
    (home / ".pg_service.conf").write_text("[elsewhere]\nhost=127.0.0.1\nport=1\n")
    (home / ".env").write_text("DBMATE_MIGRATIONS_TABLE=elsewhere\nPGOPTIONS=-c nonsense=1\n")
    monkeypatch.chdir(home)
    variables = {
        "HOME": str(home),
        "PGHOST": "nobody.invalid",
        "PGPORT": "1",
        "PGUSER": "nobody",
        "PGPASSWORD": SECRET,
        "PGDATABASE": "nowhere",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/nowhere",
        "PGSSLCERT": "/nowhere",
        "PGSSLNEGOTIATION": "direct",
        "PGSERVICE": "elsewhere",
        "PGOPTIONS": "-c nonsense=1",
        "PGTARGETSESSIONATTRS": "standby",
        "PGGSSLIB": "nonsense",
        "DBMATE_MIGRATIONS_TABLE": "elsewhere",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield
    shutil.rmtree(home)


async def test_no_variable_and_no_file_changes_where_a_connection_leads(straight: str, misled: None) -> None:
    settings = settings_for(straight, "127.0.0.1:1")
    await migrate(settings)
    async with await open_pool(settings.database, size=1) as pool:
        await require_schema(pool)


async def test_without_a_password_none_is_taken_from_elsewhere(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.url("postgres")
    monkeypatch.setenv("PGPASSWORD", parse_database_url(url).password.get_secret_value())
    said = await refused(re.sub(":[^:/]+@", "@", url))
    assert 'password authentication failed for user "postgres"' in said


@pytest.mark.parametrize("password", ["p@ss/w:rd?#%", "a b+c&d=e", "[é]'\"\\$"])
async def test_a_password_of_any_characters_reaches_both_drivers(
    password: str, postgres: EmbeddedPostgres
) -> None:
    url = postgres.create_database("characters")
    async with await open_pool(parse_database_url(url), size=1) as pool:
        quoted = await pool.fetchval("SELECT quote_literal($1::text)", password)
        await pool.execute(f"CREATE ROLE odd LOGIN SUPERUSER PASSWORD {quoted}")
        settings = settings_for(
            f"postgresql://odd:{quote(password, safe='')}@127.0.0.1:{postgres.port}/characters", "127.0.0.1:1"
        )
        await migrate(settings)
        async with await open_pool(settings.database, size=1) as others:
            await require_schema(others)
        await pool.execute("ALTER DATABASE characters OWNER TO postgres; REASSIGN OWNED BY odd TO postgres")
        await pool.execute("DROP OWNED BY odd; DROP ROLE odd")
    postgres.drop_database("characters")
