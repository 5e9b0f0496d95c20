"""`muster ui`: links into the Temporal UI."""

from typing import Annotated

import typer


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
