"""The `muster` command: its subcommands, and the one place that ends a process with a sentence."""

import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from muster.cli import check, migrate, package, permissions, seed, serve, tokens, ui, up, worker
from muster.errors import OperatorError


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run the command; an operator's error ends it with its text and its exit code."""
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            sys.stderr.write(f"{error}\n")
            raise typer.Exit(error.exit_code) from error


app = typer.Typer(
    cls=_Commands,
    help="Orchestrates incidents between PagerDuty and Microsoft Teams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    up.up,
    serve.serve,
    worker.worker,
    migrate.migrate,
    seed.seed,
    check.check,
    package.package,
    permissions.permissions,
    ui.ui,
):
    app.command()(command)
app.add_typer(tokens.tokens, name="tokens")


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"muster {version('muster')}\n")
        raise typer.Exit


@app.callback()
def options(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
