"""The `muster` command."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pydantic import ValidationError

    from muster.settings import Settings

# Each command imports what it needs when it runs, so that `muster --help` answers at once.

app = typer.Typer(
    help="Orchestrates incidents between PagerDuty and Microsoft Teams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up(
    *,
    empty: Annotated[bool, typer.Option("--empty", help="Nothing connected and nobody linked.")] = False,
    playground: Annotated[
        bool,
        typer.Option(
            "--playground", help="Microsoft's Agents Playground too; it listens on every interface."
        ),
    ] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written once everything answers: addresses, people, process ids.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Where everything is kept.", show_default=".muster, or a folder in it")
    ] = None,
    any_ports: Annotated[
        bool, typer.Option("--any-ports", help="Not the usual ports: several of these may start at once.")
    ] = False,
    temporal_dynamic: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Added to Temporal's dynamic configuration; repeatable."),
    ] = None,
) -> None:
    """Bring up the whole product with its sandbox, and keep it up until Ctrl-C."""
    _refuse_wrong_variables()
    from sandbox.stack.options import Options
    from sandbox.stack.up import up as bring_up

    options = Options(
        data=data or _default_data(empty=empty, playground=playground),
        empty=empty,
        playground=playground,
        ready_file=ready_file,
        any_ports=any_ports,
        temporal_dynamic=dict(_key_and_value(text) for text in temporal_dynamic or []),
    )
    raise typer.Exit(bring_up(options))


@app.command()
def serve() -> None:
    """Run the HTTP edge: webhooks, bot, pages."""
    settings = _settings()
    import uvicorn

    from api.app import check, create_app
    from muster.store.migrate import SchemaMissing
    from muster.store.pool import DatabaseUnreachable
    from muster.temporal import SearchAttributesMissing, TemporalUnreachable

    with _ending_on(DatabaseUnreachable, SchemaMissing, SearchAttributesMissing, TemporalUnreachable):
        asyncio.run(check(settings))
    # Uvicorn stops gracefully and then raises the signal once more, which would end the process as if killed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,  # longer than any answer takes
    )


@app.command()
def worker() -> None:
    """Run the Temporal worker."""
    settings = _settings()
    import worker
    from muster.store.migrate import SchemaMissing
    from muster.store.pool import DatabaseUnreachable
    from muster.temporal import SearchAttributesMissing, TemporalUnreachable

    with _ending_on(DatabaseUnreachable, SchemaMissing, SearchAttributesMissing, TemporalUnreachable):
        worker.main(settings)


@app.command()
def migrate(
    *,
    wait_timeout: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="How long to wait for the database.")
    ] = 30,
) -> None:
    """Bring the database to this version and register the search attributes."""
    settings = _settings()
    from muster.store.migrate import MigrationFailed, place_of
    from muster.store.migrate import migrate as migrate_database
    from muster.store.pool import DatabaseUnreachable, wait_for_database
    from muster.temporal import RegistrationRefused, TemporalUnreachable, prepare_namespace

    with _ending_on(DatabaseUnreachable, MigrationFailed, RegistrationRefused, TemporalUnreachable):
        _say("migrate", f"waiting up to {wait_timeout} s for the database at {place_of(settings)}")
        asyncio.run(wait_for_database(settings.database_url.get_secret_value(), seconds=wait_timeout))
        migrate_database(settings)
        _say("migrate", f"registering search attributes at {settings.temporal_address}")
        asyncio.run(prepare_namespace(settings))


@app.command()
def seed(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]) -> None:
    """Put the tenants, teams, people, links and connections of a JSON file into the database."""
    settings = _settings()
    from pydantic import ValidationError

    from muster.seed import SeedRefused, read_seed
    from muster.seed import seed as fill_database
    from muster.store.migrate import SchemaMissing
    from muster.store.pool import DatabaseUnreachable

    try:
        content = read_seed(file)
    except ValidationError as problems:
        _complain_of_each(str(file), problems)
        raise typer.Exit(2) from None
    with _ending_on(DatabaseUnreachable, SchemaMissing, SeedRefused):
        asyncio.run(fill_database(settings, content))


@contextmanager
def _ending_on(*failures: type[Exception]) -> Iterator[None]:
    """End with exit code 1 and the text of a failure that tells the operator what to do."""
    try:
        yield
    except failures as failure:
        sys.stderr.write(f"{failure}\n")
        raise typer.Exit(1) from failure


def _default_data(*, empty: bool, playground: bool) -> Path:
    """One folder per kind of world, since what is in the database contradicts the others."""
    kinds = [name for name, wanted in (("empty", empty), ("playground", playground)) if wanted]
    return Path(".muster", "-".join(kinds))


def _key_and_value(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator and value):
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--temporal-dynamic")
    return key, value


def _refuse_wrong_variables() -> None:
    """A line per problem and exit code 2; what is missing is none, since `muster up` adds it."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from muster.settings import load_settings

    try:
        load_settings()
    except ValidationError as problems:
        if any(problem["type"] != "missing" for problem in problems.errors()):
            _complain_of_each("configuration", problems, missing=False)
            raise typer.Exit(2) from None
    except SettingsError as problem:
        _say("configuration", f"MUSTER_SECRETS_DIR: {problem}")
        raise typer.Exit(2) from None


def _settings() -> "Settings":
    """The settings, the file and the keys included; a line per problem and exit code 2 if they are wrong."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from muster.keys import KeyRing
    from muster.settings import load_settings

    try:
        settings = load_settings()
        _ = settings.teams, settings.accounts
    except ValidationError as problems:
        _complain_of_each("configuration", problems)
        raise typer.Exit(2) from None
    except SettingsError as problem:
        _say("configuration", f"MUSTER_SECRETS_DIR: {problem}")
        raise typer.Exit(2) from None
    except (OSError, ValueError) as problem:
        _say("configuration", f"MUSTER_CONFIG: {problem}")
        raise typer.Exit(2) from None
    try:
        KeyRing.parse(settings.keys.get_secret_value())
    except ValueError as problem:
        _say("configuration", str(problem))
        raise typer.Exit(2) from None
    return settings


def _name_of(model: str, place: tuple[int | str, ...]) -> str:
    """What the operator calls it: an environment variable, or a place in a file."""
    name = ".".join(map(str, place))
    match model:
        case "Settings":
            return name if name.isupper() else f"MUSTER_{name.upper()}"
        case "ConfigFile":
            return f"MUSTER_CONFIG, {name}"
        case _:
            return name or "the file"


def _complain_of_each(about: str, problems: "ValidationError", *, missing: bool = True) -> None:
    """A line per field, the ``missing`` ones too if asked, without the values: some are secrets."""
    for problem in problems.errors(include_input=False, include_url=False, include_context=False):
        if missing or problem["type"] != "missing":
            _say(about, f"{_name_of(problems.title, problem['loc'])}: {problem['msg']}")


def _say(about: str, line: str) -> None:
    sys.stderr.write(f"{about}: {line}\n")


if __name__ == "__main__":
    app()
