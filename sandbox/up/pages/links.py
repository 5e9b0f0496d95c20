"""Links that the start page and the terminal show."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class PageLink:
    """A link on the start page and in the terminal."""

    title: str
    description: str
    url: str


def below(base: str, links: Iterable[PageLink]) -> list[PageLink]:
    """The links with whole addresses; before, each is a path below ``base``."""
    return [replace(link, url=f"{base.rstrip('/')}{link.url}") for link in links]
