"""`muster tokens`: who may call the API."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from muster.store.api_tokens import Listed

tokens = typer.Typer(
    help="Make, list and revoke the tokens of workflows and scripts that call the API.", no_args_is_help=True
)


@tokens.command()
def create(
    *,
    account: Annotated[str, typer.Option(metavar="SUBDOMAIN", help="The PagerDuty account that it is for.")],
    name: Annotated[str, typer.Option(help="What calls with it: cards and histories say this name.")],
    email: Annotated[
        str, typer.Option("--as", metavar="EMAIL", help="The PagerDuty user in whose name it acts.")
    ],
) -> None:
    """Make a token and print it; nobody can read it again."""
    from muster.cli.configuration import checked_settings, say_unknown_variables

    settings = checked_settings()
    say_unknown_variables()
    from muster import api_tokens
    from muster.cli.output import say
    from muster.logging import configure_logging

    configure_logging("CRITICAL", "tokens")  # what is printed is the token alone
    made = asyncio.run(api_tokens.create(settings, account=account, name=name, email=email))
    sys.stdout.write(f"{made.token}\n")
    sys.stdout.flush()
    say("tokens", f"{made.id} acts as {email}; what is printed here is kept nowhere else")


@tokens.command("list")
def list_tokens(
    *,
    account: Annotated[str | None, typer.Option(metavar="SUBDOMAIN", help="Those of one account.")] = None,
) -> None:
    """List the tokens by their ids, revoked ones too."""
    from muster.cli.configuration import checked_settings, say_unknown_variables

    settings = checked_settings()
    say_unknown_variables()
    from muster import api_tokens

    found = asyncio.run(api_tokens.listed(settings, account))
    sys.stdout.write(_table(found))


@tokens.command()
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `muster tokens list` has it.")],
) -> None:
    """Let nobody use a token any more, from now on."""
    from muster.cli.configuration import checked_settings, say_unknown_variables

    settings = checked_settings()
    say_unknown_variables()
    from muster import api_tokens
    from muster.cli.output import say

    name = asyncio.run(api_tokens.revoke(settings, id))
    say("tokens", f"{id} is revoked: {name}")


def _table(found: "Iterable[Listed]") -> str:
    rows: list[tuple[str, ...]] = [("id", "account", "name", "as", "created", "last used", "revoked")]
    for one in found:
        times = (one.created_at, one.used_at, one.revoked_at)
        shown = (f"{time:%Y-%m-%d %H:%M}Z" if time else "-" for time in times)
        rows.append((one.id, one.account, one.name, one.pagerduty_email, *shown))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(_line(row, widths) for row in rows)


def _line(row: "Sequence[str]", widths: "Sequence[int]") -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip() + "\n"
