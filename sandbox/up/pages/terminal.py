"""What `muster up` prints to the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from sandbox.up.pages.links import PageLink


class Terminal:
    """Prints a line for each event, and the addresses when all parts are up."""

    def __init__(self) -> None:
        # Without soft wrapping, redirected output would break lines at 80 columns.
        self._console = Console(soft_wrap=True, highlight=False)

    def say(self, text: str) -> None:
        """Print a line about the whole stack."""
        self._console.print(escape(text), style="bold")

    def report(self, part: str, text: str) -> None:
        """Print a line about one part."""
        self._console.print(f"[cyan]{escape(part):<10}[/] {escape(text)}")

    def print_failure(self, text: str) -> None:
        """Print why `muster up` ends."""
        self._console.print(f"[red bold]{escape(text)}[/]")

    def print_log(self, lines: Iterable[str]) -> None:
        """Print lines of a log."""
        for line in lines:
            self._console.print(f"  [dim]{escape(line)}[/]")

    def print_links(self, links: Iterable[PageLink]) -> None:
        """Print the addresses to open."""
        self._console.print(Panel(_table(links), title="Muster is up", title_align="left", expand=False))

    def print_given(self, addresses: Iterable[PageLink]) -> None:
        """Print the addresses that Microsoft and PagerDuty must be given, each whole: to be copied."""
        self.say("Microsoft and PagerDuty must be given these addresses:")
        for address in addresses:
            self._console.print(f"  {escape(address.title)}  [dim]{escape(address.description)}[/]")
            self._console.print(f"    [bold]{escape(address.url)}[/]")

    def print_hint(self) -> None:
        """Print how to end it."""
        self._console.print("[dim]Ctrl-C stops everything.[/]")


def _table(links: Iterable[PageLink]) -> Table:
    table = Table.grid(padding=(0, 2))
    for link in links:
        table.add_row(f"[bold]{escape(link.title)}[/]", link.url, f"[dim]{escape(link.description)}[/]")
    return table
