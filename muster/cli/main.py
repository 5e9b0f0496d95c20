"""The `muster` command."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

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
    from muster.cli.output import refuse_wrong_variables

    refuse_wrong_variables()
    from muster.temporal.ui_links import ready_queries
    from sandbox.up.main import up as bring_up
    from sandbox.up.options import Options
    from sandbox.up.pages.start_page import PageLink

    options = Options(
        data=data or _default_data(empty=empty, playground=playground),
        empty=empty,
        playground=playground,
        ready_file=ready_file,
        any_ports=any_ports,
        temporal_dynamic=dict(_key_and_value(text) for text in temporal_dynamic or []),
        queries=[PageLink(*query) for query in ready_queries()],
    )
    raise typer.Exit(bring_up(options))


@app.command()
def serve() -> None:
    """Run the HTTP edge: webhooks, bot, pages."""
    from muster.cli.output import checked_settings, ending_on

    settings = checked_settings()
    import uvicorn

    from api.app import check, create_app
    from muster.store.migrate import SchemaMissing
    from muster.store.pool import DatabaseUnreachable
    from muster.temporal.client import SearchAttributesMissing, TemporalUnreachable

    with ending_on(DatabaseUnreachable, SchemaMissing, SearchAttributesMissing, TemporalUnreachable):
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
    from muster.cli.output import checked_settings, ending_on

    settings = checked_settings()
    import worker
    from muster.store.migrate import SchemaMissing
    from muster.store.pool import DatabaseUnreachable
    from muster.temporal.client import SearchAttributesMissing, TemporalUnreachable

    with ending_on(DatabaseUnreachable, SchemaMissing, SearchAttributesMissing, TemporalUnreachable):
        worker.main(settings)


@app.command()
def migrate(
    *,
    wait_timeout: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="How long to wait for the database.")
    ] = 30,
) -> None:
    """Bring the database to this version and register the search attributes."""
    from muster.cli.output import checked_settings, ending_on, say

    settings = checked_settings()
    from muster.store.migrate import MigrationFailed, place_of
    from muster.store.migrate import migrate as migrate_database
    from muster.store.pool import DatabaseUnreachable, wait_for_database
    from muster.temporal.client import RegistrationRefused, TemporalUnreachable, prepare_namespace

    with ending_on(DatabaseUnreachable, MigrationFailed, RegistrationRefused, TemporalUnreachable):
        say("migrate", f"waiting up to {wait_timeout} s for the database at {place_of(settings)}")
        asyncio.run(wait_for_database(settings.database_url.get_secret_value(), seconds=wait_timeout))
        migrate_database(settings)
        say("migrate", f"registering search attributes at {settings.temporal_address}")
        asyncio.run(prepare_namespace(settings))


@app.command()
def seed(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]) -> None:
    """Put the tenants, teams, people, links and connections of a JSON file into the database."""
    from muster.cli.output import checked_settings, complain_of_each, ending_on

    settings = checked_settings()
    from pydantic import ValidationError

    from muster.seed import SeedRefused, read_seed
    from muster.seed import seed as fill_database
    from muster.store.migrate import SchemaMissing
    from muster.store.pool import DatabaseUnreachable

    try:
        content = read_seed(file)
    except ValidationError as problems:
        complain_of_each(str(file), problems)
        raise typer.Exit(2) from None
    with ending_on(DatabaseUnreachable, SchemaMissing, SeedRefused):
        asyncio.run(fill_database(settings, content))


@app.command()
def ui(
    *,
    address: Annotated[
        str, typer.Option(envvar="TEMPORAL_UI_URL", metavar="URL", help="Where the Temporal UI is.")
    ] = "http://127.0.0.1:8233",
    namespace: Annotated[
        str, typer.Option(envvar="TEMPORAL_NAMESPACE", metavar="NAME", help="Whose workflows it lists.")
    ] = "default",
    open_first: Annotated[
        bool, typer.Option("--open", help="Open the list of open incidents in a browser too.")
    ] = False,
) -> None:
    """Print ready queries for the Temporal UI, each with its link."""
    import webbrowser

    from rich.console import Console
    from rich.markup import escape

    from muster.cli.output import say
    from muster.temporal.ui_links import ready_queries, web_address

    try:
        base = web_address(address)
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--address or TEMPORAL_UI_URL") from None
    queries = ready_queries(namespace)
    # Without soft wrapping a link would be cut where the line ends, and could not be copied.
    console = Console(soft_wrap=True, highlight=False)
    for query in queries:
        console.print(f"[bold]{escape(query.title)}[/]  [dim]{escape(query.query)}[/]")
        console.print(f"  {escape(base + query.path)}")
    if open_first and not webbrowser.open(base + queries[0].path):
        say("ui", "no browser could be opened")
        raise typer.Exit(1)


def _default_data(*, empty: bool, playground: bool) -> Path:
    """One folder per kind of world, since what is in the database contradicts the others."""
    kinds = [name for name, wanted in (("empty", empty), ("playground", playground)) if wanted]
    return Path(".muster", "-".join(kinds))


def _key_and_value(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator and value):
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--temporal-dynamic")
    return key, value


if __name__ == "__main__":
    app()
