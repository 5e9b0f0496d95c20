"""What a person at the terminal sees of `muster up`."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from sandbox.up.pages.start_page import Place


class Terminal:
    """One line per thing that happens, and the addresses once all is up."""

    def __init__(self) -> None:
        # Without soft wrapping a redirected output would be cut at 80 columns.
        self._console = Console(soft_wrap=True, highlight=False)

    def say(self, text: str) -> None:
        """A line about the whole."""
        self._console.print(escape(text), style="bold")

    def tell(self, part: str, text: str) -> None:
        """A line about one part."""
        self._console.print(f"[cyan]{escape(part):<10}[/] {escape(text)}")

    def failure(self, text: str) -> None:
        """Why it ends."""
        self._console.print(f"[red bold]{escape(text)}[/]")

    def quote(self, lines: Iterable[str]) -> None:
        """The end of a log."""
        for line in lines:
            self._console.print(f"  [dim]{escape(line)}[/]")

    def welcome(self, places: Iterable[Place]) -> None:
        """The addresses to open."""
        table = Table.grid(padding=(0, 2))
        for place in places:
            table.add_row(f"[bold]{escape(place.title)}[/]", place.url, f"[dim]{escape(place.says)}[/]")
        self._console.print(Panel(table, title="Muster is up", title_align="left", expand=False))
        self._console.print("[dim]Ctrl-C stops everything.[/]")
