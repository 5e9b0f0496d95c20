"""`muster up`: the whole product with its sandbox."""

from pathlib import Path
from typing import Annotated

import typer


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
    from muster.cli.configuration import refuse_wrong_variables, say_unknown_variables

    refuse_wrong_variables()
    say_unknown_variables()
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


def _default_data(*, empty: bool, playground: bool) -> Path:
    """A folder for each kind of company, since their databases contradict each other."""
    kinds = [name for name, wanted in (("empty", empty), ("playground", playground)) if wanted]
    return Path(".muster", "-".join(kinds))


def _key_and_value(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator and value):
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--temporal-dynamic")
    return key, value
