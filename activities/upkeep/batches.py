"""Going through links one by one: where an attempt goes on, and what ends it (docs/decisions/0048)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

import structlog
from temporalio import activity

from activities.heartbeats import heartbeats
from workflows.errors import ConsentMissing, CredentialRejected, Forbidden, OutsideError, RateLimited
from workflows.upkeep.activities import Missed, Progress

BATCH = 50
"""Links of one activity."""

_IN_A_ROW = 3
"""Failures one after the other by which a provider is taken for down. Fewer are those links' own trouble, and
must not keep the links after them waiting for ever."""
OF_THE_APP = (RateLimited, CredentialRejected, Forbidden, ConsentMissing)
"""What the next link would meet too."""

log = structlog.stdlib.get_logger(__name__)


class OfLink(Protocol):
    """Whatever has a link, by whose id a batch goes."""

    @property
    def link(self) -> int:
        """The id of its row."""
        ...


ItemT = TypeVar("ItemT", bound=OfLink)


class Step(NamedTuple):
    """What became of one link."""

    done: int = 0
    ended: int = 0
    missed: Missed | None = None
    found_in: str | None = None
    left_out: str | None = None


def begun(*, after: int) -> Progress:
    """How far this batch came in an earlier attempt, or its beginning."""
    details = activity.info().heartbeat_details
    return Progress.model_validate(details[0]) if details else Progress(after=after)


async def each(
    items: Sequence[ItemT],
    examine: Callable[[ItemT], Awaitable[Step]],
    progress: Progress,
    *,
    is_last: bool,
    ends_at: Callable[[OutsideError], bool] = lambda error: isinstance(error, OF_THE_APP),
) -> Progress:
    """Look at the items in order, with heartbeats that say how far; an outage ends it, and is in the result.

    ``ends_at`` says of a failure whether the next item would fare no better. Raises what a database raises
    that is away: another attempt goes on at the last heartbeat.
    """
    failures: list[OutsideError] = []
    held = progress.after
    async with heartbeats(lambda: progress):
        for item in items:
            try:
                step = await examine(item)
            except OutsideError as error:
                log.warning("a link is passed over", link=item.link, failure=type(error).__name__)
                failures.append(error)
                if ends_at(error) or len(failures) == _IN_A_ROW:
                    return _stopped(progress.model_copy(update={"after": held}), error)
                step = Step(left_out=f"link {item.link}: {type(error).__name__}")
                progress = _with(progress, step, item.link)
                continue
            failures.clear()
            progress = _with(progress, step, item.link)
            held = item.link
            activity.heartbeat(progress)
    if is_last and failures:
        return _stopped(progress, failures[-1])
    return progress.model_copy(update={"is_last": is_last})


def _with(progress: Progress, step: Step, link: int) -> Progress:
    is_new = step.found_in is not None and step.found_in not in progress.found_in
    said = step.left_out is not None and step.left_out not in progress.left_out
    return progress.model_copy(
        update={
            "after": link,
            "examined": progress.examined + 1,
            "done": progress.done + step.done,
            "ended": progress.ended + step.ended,
            "missed": (*progress.missed, step.missed) if step.missed else progress.missed,
            "found_in": (*progress.found_in, step.found_in) if is_new else progress.found_in,
            "left_out": (*progress.left_out, step.left_out) if said else progress.left_out,
        }
    )


def _stopped(progress: Progress, error: OutsideError) -> Progress:
    return progress.model_copy(update={"stopped": type(error).__name__, "retry_after": error.retry_after})
