"""PagerDuty, the rows and Teams as the workflow meets them: fakes at the contract's rows."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal

from temporalio import activity

from tests.support.waiting import Changes
from workflows.bringing_in.activities import (
    BRING_IN,
    COUNT_OPEN,
    BringIn,
    BroughtIn,
    OfService,
    OpenIncidents,
)
from workflows.connect_channel import activities as rows
from workflows.connect_channel.activities import (
    ConnectionEnded,
    ConnectionRecorded,
    ConnectionShown,
    EndConnection,
    ReadRights,
    RecordConnection,
    RestoreConnection,
    RightsRead,
    ShowConnection,
    StoredConnection,
    TellAsker,
)
from workflows.connect_channel.state import Connection, Unrecorded
from workflows.connect_channel.view import ConnectionView
from workflows.contract import Activity, Done
from workflows.errors import OutsideError
from workflows.notice import StoredNotice
from workflows.rights import Rights, SeenService, ServiceTeam
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION, Converged, OfAccount

Row = Activity[Any, Any]
CHECKOUT = SeenService(id="PSVC001", name="Checkout")
MANAGER = Rights(user="PUSER01", name="Ada Ops", role="user", service=CHECKOUT)


class FakeActivities:
    """What a person may do, the rows, the subscription, and the channel. Everything works at once.

    ``fails`` makes the next calls of a row fail, ``holds`` makes them wait.
    """

    def __init__(self) -> None:
        self.read = RightsRead(rights=MANAGER)
        """What PagerDuty says of whoever asks."""
        self.asked_as: list[int] = []
        """Links by which PagerDuty was asked."""
        self.connections: list[Connection] = []
        self.unrecorded: Unrecorded | None = None
        """Why no row is written."""
        self.messages: dict[str, str] = {}
        """Pressed cards by the names of their messages."""
        self.sent: list[ShowConnection] = []
        self.told: list[tuple[str, str]] = []
        """Who was told privately, and what."""
        self.is_certain = True
        """Answers of Teams arrive."""
        self.lost: set[str] = set()
        """Messages of which nobody knows whether they are there."""
        self.standing: list[str] = []
        """How the subscription stood after each time it was brought in step."""
        self.left: list[Callable[[Literal["subscribed", "unsubscribed"]], Converged]] = []
        """What the next answers about the subscription leave to be done."""
        self.open = OpenIncidents(count=0)
        """Incidents of the service."""
        self.gone = False
        """The channel is not there for the bot."""
        self.brought: list[BringIn] = []
        self.order: list[str] = []
        """The activities that ended well, in order."""
        self._ids = itertools.count(7)
        self._requests: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        """Rows by the request that ended them."""
        self._failures: dict[str, list[OutsideError]] = {}
        self._broken: dict[str, OutsideError] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._waiting: set[str] = set()
        self._calls = Changes()

    # What a test says about the outside

    def fails(self, row: Row, *errors: OutsideError) -> None:
        self._failures.setdefault(row.name, []).extend(errors)

    def breaks(self, row: Row, error: OutsideError) -> None:
        """Every call of the row fails."""
        self._broken[row.name] = error

    def recovers(self, row: Row) -> None:
        """No more calls of the row fail."""
        self._failures.pop(row.name, None)
        self._broken.pop(row.name, None)

    def holds(self, row: Row) -> asyncio.Event:
        self._held[row.name] = asyncio.Event()
        return self._held[row.name]

    def waits(self, row: Row) -> bool:
        """Whether a call of a held row has come."""
        return row.name in self._waiting

    async def until(self, condition: Callable[[], bool], *, within: float = 20) -> None:
        await self._calls.until(condition, within=within)

    def may_not(self, *managers: str) -> None:
        """The person's role is too low; these manage the service's team."""
        team = ServiceTeam(id="PTEAM01", name="Payments", managers=managers)
        service = CHECKOUT.model_copy(update={"teams": (team,)})
        self.read = RightsRead(rights=MANAGER.model_copy(update={"role": "observer", "service": service}))

    def is_connected(self, by: str | None = None, *, channel_is_new: bool = False) -> Connection:
        """The service is connected, by no click of this test."""
        row = Connection(
            id=next(self._ids),
            service_name="Checkout",
            since=datetime.now(UTC),
            by=by,
            is_first=channel_is_new,
        )
        self.connections.append(row)
        return row

    # What a test asks of the outside

    @property
    def live(self) -> Connection | None:
        return next((one for one in self.connections if one.ended_at is None), None)

    def of(self, name: str) -> list[ConnectionView]:
        """All that a message has shown, in order."""
        return [one.view for one in self.sent if one.name == name]

    def showing(self, name: str) -> str | None:
        """What a message shows now."""
        views = self.of(name)
        return views[-1].showing if views else None

    # The activities

    async def _answer(self, row: Row, argument: Any, answer: Callable[[Any], Any]) -> Any:
        self._calls.add()
        if row.name in self._held:
            self._waiting.add(row.name)
            self._calls.add()
            await self._held[row.name].wait()
        if failures := self._failures.get(row.name):
            raise failures.pop(0).to_application_error()
        if broken := self._broken.get(row.name):
            raise broken.to_application_error()
        result = answer(argument)
        self.order.append(row.name)
        self._calls.add()
        return result

    @activity.defn(name=rows.READ_RIGHTS.name)
    async def read_rights(self, request: ReadRights) -> RightsRead:
        self.asked_as.append(request.link)
        read: RightsRead = await self._answer(rows.READ_RIGHTS, request, lambda _: self.read)
        return read

    @activity.defn(name=rows.RESTORE_CONNECTION.name)
    async def restore_connection(self, request: RestoreConnection) -> StoredConnection:
        stored: StoredConnection = await self._answer(rows.RESTORE_CONNECTION, request, self._restore)
        return stored

    def _restore(self, _: RestoreConnection) -> StoredConnection:
        shown = {one.name: one for one in self.sent}
        notices = (
            StoredNotice(
                name=one.name,
                recipient=one.recipient,
                person=None,
                is_posted=one.name not in self.lost,
                showing=one.view.showing,
                expanded=False,
                content=one.content,
            )
            for one in shown.values()
        )
        adopted = (
            StoredNotice(
                name=name,
                recipient="",
                person=None,
                is_posted=True,
                showing=None,
                expanded=False,
                content=None,
            )
            for name in self.messages
            if name not in shown
        )
        return StoredConnection(connection=self.live, notices=(*notices, *adopted))

    @activity.defn(name=rows.RECORD_CONNECTION.name)
    async def record_connection(self, request: RecordConnection) -> ConnectionRecorded:
        done: ConnectionRecorded = await self._answer(rows.RECORD_CONNECTION, request, self._record)
        return done

    def _record(self, request: RecordConnection) -> ConnectionRecorded:
        if self.unrecorded is not None:
            return ConnectionRecorded(unrecorded=self.unrecorded)
        if self.live is not None:
            mine = self._requests.get(request.request) == self.live.id
            return ConnectionRecorded(connection=self.live, unrecorded=None if mine else "already_connected")
        row = self.is_connected(request.person.name, channel_is_new=not self.connections)
        self._requests[request.request] = row.id
        if request.message is not None:
            self.messages[f"connection/{row.id}"] = request.message
        return ConnectionRecorded(connection=row)

    @activity.defn(name=rows.END_CONNECTION.name)
    async def end_connection(self, request: EndConnection) -> ConnectionEnded:
        done: ConnectionEnded = await self._answer(rows.END_CONNECTION, request, self._end)
        return done

    def _end(self, request: EndConnection) -> ConnectionEnded:
        id = self._ended.setdefault(request.request, request.connection)
        row = next((one for one in self.connections if one.id == id), None)
        if row is None or row.ended_at is not None:
            return ConnectionEnded(connection=row)
        changes = {"ended_at": datetime.now(UTC), "ended_by": request.person.name}
        ended = row.model_copy(update=changes)
        self.connections[self.connections.index(row)] = ended
        return ConnectionEnded(connection=ended)

    @activity.defn(name=CONVERGE_SUBSCRIPTION.name)
    async def converge_subscription(self, request: OfAccount) -> Converged:
        done: Converged = await self._answer(CONVERGE_SUBSCRIPTION, request, self._converge)
        return done

    def _converge(self, _: OfAccount) -> Converged:
        state: Literal["subscribed", "unsubscribed"] = "subscribed" if self.live else "unsubscribed"
        self.standing.append(state)
        return self.left.pop(0)(state) if self.left else Converged(state=state)

    @activity.defn(name=COUNT_OPEN.name)
    async def count_open(self, request: OfService) -> OpenIncidents:
        found: OpenIncidents = await self._answer(COUNT_OPEN, request, lambda _: self.open)
        return found

    @activity.defn(name=BRING_IN.name)
    async def bring_in(self, request: BringIn) -> BroughtIn:
        brought: BroughtIn = await self._answer(BRING_IN, request, self._bring_in)
        return brought

    def _bring_in(self, request: BringIn) -> BroughtIn:
        if self.gone:
            return BroughtIn(outcome="channel_suspended")
        if self.live is None:
            return BroughtIn(outcome="not_connected")
        self.brought.append(request)
        outcome: Literal["brought_in", "nothing_open"] = "brought_in" if self.open.count else "nothing_open"
        return BroughtIn(outcome=outcome, count=self.open.count, more=self.open.more, page="https://p/1")

    @activity.defn(name=rows.SHOW_CONNECTION.name)
    async def show_connection(self, request: ShowConnection) -> ConnectionShown:
        shown: ConnectionShown = await self._answer(rows.SHOW_CONNECTION, request, self._show)
        return shown

    def _show(self, request: ShowConnection) -> ConnectionShown:
        self.sent.append(request)
        return ConnectionShown(certain=self.is_certain and request.name not in self.lost)

    @activity.defn(name=rows.TELL_ASKER.name)
    async def tell_asker(self, request: TellAsker) -> Done:
        done: Done = await self._answer(rows.TELL_ASKER, request, self._tell)
        return done

    def _tell(self, request: TellAsker) -> Done:
        self.told.append((request.unheard.person.name, request.unheard.answer.reply))
        return Done()

    def activities(self) -> list[Callable[..., Awaitable[Any]]]:
        return [
            self.read_rights,
            self.restore_connection,
            self.record_connection,
            self.end_connection,
            self.converge_subscription,
            self.count_open,
            self.bring_in,
            self.show_connection,
            self.tell_asker,
        ]
