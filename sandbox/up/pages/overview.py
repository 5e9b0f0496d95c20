"""What a stack tells people about itself, on the start page and in the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.company import Company
from sandbox.up.addresses import Addresses
from sandbox.up.options import Options
from sandbox.up.pages.links import PageLink, below
from sandbox.up.pages.next_step import next_step
from sandbox.up.pages.reachability import why_out_of_reach
from sandbox.up.pages.start_page import PageContent
from sandbox.up.pages.terminal import Terminal
from sandbox.up.servers.data_folder import DataFolder


@dataclass(kw_only=True)
class Overview:
    """A stack as its options, addresses and company make it."""

    options: Options
    folder: DataFolder
    addresses: Addresses
    company: Company | None
    public_url: str
    temporal_ui: str | None = None
    """None until it is known, and where no Temporal is embedded."""
    problems: list[str] = field(default_factory=list)
    """What is wrong with the credentials, a sentence each."""

    def composition(self, *, given: Sequence[str]) -> str:
        """What is real, embedded and simulated; ``given`` has the servers that the environment names."""
        real = [*(self.options.real.names if self.options.real else ()), *given]
        embedded = [server for server in ("Postgres", "Temporal") if server not in given]
        simulated = ["Teams", "Microsoft", "PagerDuty"] if self.company is not None else []
        kinds = (("real", real), ("embedded", embedded), ("simulated", simulated))
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds if names)

    def page_content(self) -> PageContent:
        """What the start page shows."""
        return PageContent(
            data=self.folder.path,
            links=self._links(),
            queries=below(self.temporal_ui, self.options.queries) if self.temporal_ui else (),
            given=self._given(),
            out_of_reach=self._out_of_reach(),
            problems=self.problems,
            next_step=self._next_step(),
            pagerduty=self.addresses.pagerduty if self.company is not None else None,
        )

    def print_to(self, terminal: Terminal) -> None:
        """Print it, the start page first."""
        start = PageLink("Start page", "what runs, and switches to stop a part", self.addresses.start)
        terminal.print_links([start, *self._links()])
        if given := self._given():
            terminal.print_given(given)
        if sentence := self._out_of_reach():
            terminal.print_failure(sentence)
        for problem in self.problems:
            terminal.print_failure(problem)
        if step := self._next_step():
            terminal.say(step)
        terminal.print_hint()

    def _links(self) -> list[PageLink]:
        links: list[PageLink] = []
        if self.company is not None:
            links += [
                PageLink("Teams", "channels and chats, as any of the people", self.addresses.teams),
                PageLink("PagerDuty", "trigger incidents and see them", self.addresses.pagerduty),
                PageLink(
                    "Microsoft", "who is signed in, and what an admin has granted", self.addresses.microsoft
                ),
            ]
        if self.options.playground:
            description = "Microsoft's test client; the first team lives there"
            links.append(PageLink("Agents Playground", description, self.addresses.playground))
        if self.temporal_ui is not None:
            links.append(PageLink("Temporal", "each incident's workflow and timeline", self.temporal_ui))
        return links

    def _given(self) -> list[PageLink]:
        """The addresses that Microsoft and PagerDuty must be given."""
        real = self.options.real
        return [] if real is None else below(self.public_url, real.addresses)

    def _out_of_reach(self) -> str | None:
        return why_out_of_reach(self.public_url) if self._given() else None

    def _next_step(self) -> str | None:
        """What to do where nothing may be connected; the database of a real company may have rows by now."""
        if self.options.real is not None:
            return next_step(None)
        return next_step(self.company.people[0].name) if self.company and self.options.empty else None
