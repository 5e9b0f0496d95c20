"""The rows, Teams and the incident's run as the workflow meets them: fakes at the contract's rows."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity

from tests.support.waiting import Changes
from workflows.account_link import activities as rows
from workflows.account_link.activities import (
    DoMetClick,
    LinkShown,
    MakePersonalOffer,
    PersonalOffer,
    RestoreLink,
    ShowLink,
    StoredLink,
    StoredOffer,
)
from workflows.account_link.state import ClickEnding, KnownLink
from workflows.account_link.view import LinkView
from workflows.contract import Activity
from workflows.errors import OutsideError
from workflows.notice import StoredNotice
from workflows.verbs.outcomes import Outcome

Row = Activity[Any, Any]
DONE = ClickEnding(kind="outcome", outcome=Outcome(kind="done", status="acknowledged"))


class FakeActivities:
    """A person's rows, the messages that were shown, and the incident's run. Everything works at once.

    ``fails`` makes the next calls of a row fail, ``holds`` makes them wait.
    """

    def __init__(self) -> None:
        self.known: KnownLink | None = None
        """The person's link."""
        self.offers: list[StoredOffer] = []
        self.requests: list[MakePersonalOffer] = []
        self.sent: list[ShowLink] = []
        self.done: list[DoMetClick] = []
        self.ending = DONE
        self.restored = 0
        self.refuses_targeted = False
        """Teams has no targeted messages: they go to the private chat."""
        self._links = itertools.count(101)
        self._of_requests: dict[str, int] = {}
        self._failures: dict[str, list[OutsideError]] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._waiting: set[str] = set()
        self._calls = Changes()

    # What a test says about the outside

    def fails(self, row: Row, *errors: OutsideError) -> None:
        self._failures.setdefault(row.name, []).extend(errors)

    def recovers(self, row: Row) -> None:
        """No more calls of the row fail."""
        self._failures.pop(row.name, None)

    def holds(self, row: Row) -> asyncio.Event:
        self._held[row.name] = asyncio.Event()
        return self._held[row.name]

    def waits(self, row: Row) -> bool:
        """Whether a call of a held row has come."""
        return row.name in self._waiting

    async def until(self, condition: Callable[[], bool], *, within: float = 20) -> None:
        await self._calls.until(condition, within=within)

    def is_linked(self, name: str = "Cy of PagerDuty", **more: Any) -> KnownLink:
        """The person is linked, by no offer of this test."""
        self.known = KnownLink(id=next(self._links), name=name, linked_at=datetime.now(UTC), **more)
        return self.known

    def spend(self, offer: int, *, at: datetime | None = None) -> None:
        """The person links themselves by this offer: what the return commits."""
        known = self.is_linked()
        self.known = known.model_copy(update={"linked_at": at or known.linked_at})
        row = self.offer(offer)
        self._replace(row, state="spent", spent_name=known.name, link=known.id)

    def unlink(self) -> None:
        """``unlinkUser``: the row is gone, and open offers with it."""
        self.known = None
        for row in self.open_offers:
            self._replace(row, state="replaced")

    def loses(self, offer: int) -> None:
        """The row of an offer is gone."""
        self.offers.remove(self.offer(offer))

    # What a test asks of the outside

    def offer(self, id: int) -> StoredOffer:
        return next(one for one in self.offers if one.id == id)

    def of(self, name: str) -> list[LinkView]:
        """All that a message has shown, in order."""
        return [one.view for one in self.sent if one.name == name]

    def showing(self, name: str) -> str | None:
        """What a message shows now."""
        views = self.of(name)
        return views[-1].showing if views else None

    @property
    def messages(self) -> list[str]:
        """Every message that was posted, in order."""
        return list(dict.fromkeys(one.name for one in self.sent))

    @property
    def open_offers(self) -> list[StoredOffer]:
        return [one for one in self.offers if one.state == "open"]

    # The activities

    async def _answer(self, row: Row, argument: Any, answer: Callable[[Any], Any]) -> Any:
        self._calls.add()
        if row.name in self._held:
            self._waiting.add(row.name)
            self._calls.add()
            await self._held[row.name].wait()
        if failures := self._failures.get(row.name):
            raise failures.pop(0).to_application_error()
        result = answer(argument)
        self._calls.add()
        return result

    @activity.defn(name=rows.RESTORE_LINK.name)
    async def restore_link(self, request: RestoreLink) -> StoredLink:
        stored: StoredLink = await self._answer(rows.RESTORE_LINK, request, self._restore)
        return stored

    def _restore(self, _: RestoreLink) -> StoredLink:
        self.restored += 1
        for row in self.open_offers:
            if row.expires_at <= datetime.now(UTC):
                self._replace(row, state="expired")
        stored = self._stored_notices()
        return StoredLink(
            offer=self.offers[-1] if self.offers else None,
            known=self.known,
            notices=tuple(one for one in stored if one.showing != "replaced"),
            number=max((int(one.name.partition("/")[2]) for one in stored), default=0),
        )

    def _stored_notices(self) -> list[StoredNotice]:
        found = {}
        for one in self.sent:
            found[one.name] = StoredNotice(
                name=one.name,
                recipient=one.recipient,
                person=one.person,
                is_posted=True,
                showing=one.view.showing,
                expanded=False,
                content=one.content,
                targeted=self._is_targeted(one),
            )
        return list(found.values())

    @activity.defn(name=rows.MAKE_PERSONAL_OFFER.name)
    async def make_personal_offer(self, request: MakePersonalOffer) -> PersonalOffer:
        offered: PersonalOffer = await self._answer(rows.MAKE_PERSONAL_OFFER, request, self._make)
        return offered

    def _make(self, request: MakePersonalOffer) -> PersonalOffer:
        self.requests.append(request)
        if request.request not in self._of_requests:
            for other in self.open_offers:
                self._replace(other, state="replaced")
            expires_at = datetime.now(UTC) + timedelta(seconds=request.life)
            id = len(self._of_requests) + 1
            self._of_requests[request.request] = id
            self.offers.append(StoredOffer(id=id, state="open", expires_at=expires_at))
        row = self.offer(self._of_requests[request.request])
        return PersonalOffer(id=row.id, expires_at=row.expires_at, is_open=row.state == "open")

    def _replace(self, row: StoredOffer, **changes: Any) -> None:
        self.offers[self.offers.index(row)] = row.model_copy(update=changes)

    @activity.defn(name=rows.SHOW_LINK.name)
    async def show_link(self, request: ShowLink) -> LinkShown:
        shown: LinkShown = await self._answer(rows.SHOW_LINK, request, self._show)
        return shown

    def _show(self, request: ShowLink) -> LinkShown:
        self.sent.append(request)
        return LinkShown(targeted=self._is_targeted(request))

    def _is_targeted(self, request: ShowLink) -> bool:
        first = next(one for one in self.sent if one.name == request.name)
        return first.asked_in is not None and not self.refuses_targeted

    @activity.defn(name=rows.DO_MET_CLICK.name)
    async def do_met_click(self, request: DoMetClick) -> ClickEnding:
        self.done.append(request)
        ending: ClickEnding = await self._answer(rows.DO_MET_CLICK, request, lambda _: self.ending)
        return ending

    def activities(self) -> list[Callable[..., Awaitable[Any]]]:
        return [self.restore_link, self.make_personal_offer, self.show_link, self.do_met_click]
