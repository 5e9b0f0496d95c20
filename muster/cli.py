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
    temporal_dynamic: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Added to Temporal's dynamic configuration; repeatable."),
    ] = None,
) -> None:
    """Bring up the whole product with its sandbox, and keep it up until Ctrl-C."""
    from sandbox.stack.options import Options
    from sandbox.stack.up import up as bring_up

    options = Options(
        data=data or _default_data(empty=empty, playground=playground),
        empty=empty,
        playground=playground,
        ready_file=ready_file,
        temporal_dynamic=dict(_key_and_value(text) for text in temporal_dynamic or []),
    )
    raise typer.Exit(bring_up(options))


@app.command()
def serve() -> None:
    """Run the HTTP edge: webhooks, bot, pages."""
    settings = _settings()
    import uvicorn

    from api.app import create_app

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
    from muster.temporal import SearchAttributesMissing

    with _ending_on(SchemaMissing, SearchAttributesMissing):
        worker.main(settings)


@app.command()
def migrate() -> None:
    """Bring the database to this version and register the search attributes."""
    settings = _settings()
    from muster.store.migrate import MigrationFailed
    from muster.store.migrate import migrate as migrate_database
    from muster.temporal import RegistrationRefused, connect, goodbye, register_search_attributes

    async def register() -> None:
        await register_search_attributes(await connect(settings))
        await goodbye()

    with _ending_on(MigrationFailed, RegistrationRefused):
        migrate_database(settings)
        asyncio.run(register())


@app.command()
def seed(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]) -> None:
    """Put the tenants, teams, people, links and connections of a JSON file into the database."""
    settings = _settings()
    from muster.seed import read_seed
    from muster.seed import seed as fill_database

    asyncio.run(fill_database(settings, read_seed(file)))


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


def _settings() -> "Settings":
    """The settings, the file's tables included; a line per problem and exit code 2 if they are wrong."""
    from pydantic import ValidationError

    from muster.settings import load_settings

    try:
        settings = load_settings()
        _ = settings.teams, settings.accounts
    except ValidationError as problems:
        _complain_of_each("configuration", problems)
    except (OSError, ValueError) as problem:
        _complain("configuration", f"MUSTER_CONFIG: {problem}")
    else:
        return settings
    raise typer.Exit(2)


def _name_of(model: str, place: tuple[int | str, ...]) -> str:
    """What the operator calls it: an environment variable, or a key of one of the file's tables."""
    name = ".".join(map(str, place))
    if model != "Settings":
        return f"MUSTER_CONFIG, {model} {name}".rstrip()
    return name if name.isupper() else f"MUSTER_{name.upper()}"


def _complain_of_each(about: str, problems: "ValidationError") -> None:
    """A line per field, without the values: some are secrets."""
    for problem in problems.errors(include_input=False, include_url=False, include_context=False):
        _complain(about, f"{_name_of(problems.title, problem['loc'])}: {problem['msg']}")


def _complain(about: str, line: str) -> None:
    sys.stderr.write(f"{about}: {line}\n")


if __name__ == "__main__":
    app()
