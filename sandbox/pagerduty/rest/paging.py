"""Classic paging: ``limit``, ``offset``, ``more``, and ``total`` where it is asked for."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from sandbox.pagerduty import errors
from sandbox.pagerduty.directory import JSON

_FARTHEST = 10_000
"""``offset`` + ``limit`` cannot reach beyond this."""

_LARGEST_PAGE = 100


class Page(BaseModel):
    """The part of a list that is wanted, and what to show with it."""

    limit: int = 25
    offset: int = 0
    total: bool = False
    query: str = ""
    include: list[str] = Field(default=[], alias="include[]")

    def answer(self, name: str, items: Sequence[Any]) -> JSON:
        """The wanted items under their name, with the paging keys."""
        limit = min(self.limit, _LARGEST_PAGE)
        end = self.offset + limit
        if limit < 1 or self.offset < 0 or end > _FARTHEST:
            raise errors.invalid_input(f"limit must be positive and offset + limit at most {_FARTHEST}")
        return {
            name: list(items[self.offset : end]),
            "limit": limit,
            "offset": self.offset,
            "more": end < len(items),
            "total": len(items) if self.total else None,
        }


Paging = Annotated[Page, Query()]
