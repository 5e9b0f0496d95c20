"""`muster ui`: links into the Temporal UI."""

from pathlib import Path
from typing import Annotated

import typer

_USUAL = "http://127.0.0.1:8233"
_KINDS = ("", "empty", "playground", "empty-playground")
"""Folders of `muster up`, below .muster."""
_EMBEDDED_NAMESPACE = "default"
"""An embedded Temporal has no other; ``TEMPORAL_NAMESPACE`` is of a server that the shell names."""


def ui(
    context: typer.Context,
    *,
    address: Annotated[
        str | None,
        typer.Option(
            envvar="TEMPORAL_UI_URL",
            metavar="URL",
            help="Where the Temporal UI is.",
            show_default=f"that of the running `muster up`, else {_USUAL}",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="The data folder of a `muster up`.", show_default=".muster, or a folder in it"),
    ] = None,
    namespace: Annotated[
        str, typer.Option(envvar="TEMPORAL_NAMESPACE", metavar="NAME", help="Whose workflows it lists.")
    ] = _EMBEDDED_NAMESPACE,
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
        # What stands in the command counts before what the shell happens to have.
        embedded = (
            None if address and not (data and _is_of_the_shell(context, "address")) else _embedded(data)
        )
        base = web_address(embedded or address or _USUAL)
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--address or TEMPORAL_UI_URL") from None
    if embedded and _is_of_the_shell(context, "namespace"):
        namespace = _EMBEDDED_NAMESPACE
    queries = ready_queries(namespace)
    # Without soft wrapping a link would be cut where the line ends, and could not be copied.
    console = Console(soft_wrap=True, highlight=False)
    for query in queries:
        console.print(f"[bold]{escape(query.title)}[/]  [dim]{escape(query.query)}[/]")
        console.print(f"  {escape(base + query.path)}")
    if open_first and not webbrowser.open(base + queries[0].path):
        say("ui", "no browser could be opened")
        raise typer.Exit(1)


def _is_of_the_shell(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "ENVIRONMENT"


def _embedded(data: Path | None) -> str | None:
    """The UI that a running `muster up` embeds; raises ``WrongInput`` where none has this ``data``."""
    from muster.cli.output import WrongInput

    try:
        from sandbox.up.servers.data_folder import DataFolder
    except ModuleNotFoundError:  # in an image, which holds the product alone
        return None
    folders = [Path(".muster", kind) for kind in _KINDS] if data is None else [data]
    for folder in map(DataFolder, folders):
        if folder.is_held() and (address := folder.read_temporal_ui()):
            return address
    if data is not None:
        raise WrongInput(f"ui: no `muster up` with a Temporal of its own runs on {data.absolute()}")
    return None
