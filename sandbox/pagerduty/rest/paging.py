"""PagerDuty's classic paging: ``limit``, ``offset``, ``more``, and ``total`` if it is asked for."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from sandbox.pagerduty import errors
from sandbox.pagerduty.directory import JSON

_LAST_ITEM = 10_000
"""The largest ``offset`` + ``limit``."""

_LARGEST_PAGE = 100


class Page(BaseModel):
    """The query of a list: which part of it, and what to include."""

    limit: int = 25
    offset: int = 0
    total: bool = False
    query: str = ""
    include: list[str] = Field(default=[], alias="include[]")

    def answer(self, name: str, items: Sequence[Any]) -> JSON:
        """The answer: this page of the items under ``name``, and the paging keys."""
        limit = min(self.limit, _LARGEST_PAGE)
        end = self.offset + limit
        if limit < 1 or self.offset < 0 or end > _LAST_ITEM:
            raise errors.invalid_input(f"limit must be positive and offset + limit at most {_LAST_ITEM}")
        return {
            name: list(items[self.offset : end]),
            "limit": limit,
            "offset": self.offset,
            "more": end < len(items),
            "total": len(items) if self.total else None,
        }


Paging = Annotated[Page, Query()]
