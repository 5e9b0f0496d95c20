"""The rows, Teams and Graph as the workflow meets them: fake activities at the contract's rows."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity

from tests.support.waiting import Changes
from workflows.bringing_in.activities import BRING_IN, BringIn, BroughtIn, OfConnection
from workflows.contract import Activity, Done
from workflows.errors import OutcomeUnknown, OutsideError, RequestInvalid
from workflows.notice import StoredNotice
from workflows.person import Person
from workflows.team_setup import activities as rows
from workflows.team_setup.activities import (
    ChannelsChanged,
    FindChannel,
    FollowTeam,
    Found,
    MakeOffer,
    Names,
    NoticeShown,
    Offered,
    OfTeam,
    ReadRoles,
    RecordSetup,
    RestoreSetup,
    Roles,
    ShowNotice,
    StoredLink,
    StoredSetup,
)
from workflows.team_setup.changes import Change, Connected, Connector
from workflows.team_setup.state import Away, Step
from workflows.team_setup.view import NoticeView

Row = Activity[Any, Any]
SERVICES = ("PSVC001", "PSVC002")
"""That are connected to each channel which shows incidents."""
MISSING = ("Chat.Create", "Organization.Read.All")


def place_of(channel: str, service: str) -> OfConnection:
    """A service that is connected to a channel."""
    return OfConnection(account="acme", service=service, conversation=channel)


class FakeActivities:
    """A team's rows, the messages that were shown, and what the tenant grants. Everything works at once.

    ``fails`` makes the next calls of a row fail, ``holds`` makes them wait.
    """

    def __init__(self, *accounts: str) -> None:
        self.accounts = accounts or ("acme",)
        self.name = "Payments"
        self.missing: tuple[str, ...] | None = MISSING
        """What a token of the tenant misses."""
        self.missing_before: tuple[str, ...] | None = None
        """What the tenant's last reading found, as the row has it."""
        self.account: str | None = None
        self.step: Step | None = None
        self.installer: str | None = None
        self.removed = False
        self.membership_at: datetime | None = None
        self.authorized_at: datetime | None = None
        self.links: list[StoredLink] = []
        self.sent: list[ShowNotice] = []
        self.recorded: list[RecordSetup] = []
        self.offers: list[MakeOffer] = []
        self.readings = 0
        self.named = 0
        self.woken: list[OfTeam] = []
        self.organizations = 0
        self.restored = 0
        self.forgotten = False
        """An authorization counts no more."""
        self.channels: tuple[str, ...] = ()
        """Of the team's, those that show incidents: their ids, which are their names too."""
        self.owner: Person | None = None
        self.connected: tuple[tuple[Person, str, str], ...] = ()
        """Who connected which service to which of these channels."""
        self.told: list[FollowTeam] = []
        self.sought: list[FindChannel] = []
        self.found = Found(has_app=True, is_there=True)
        self.suspended: set[str] = set()
        self.brought: list[BringIn] = []
        """Connections whose open incidents came in."""
        self._reasons: dict[tuple[str, str | None], Change] = {}
        self._changed: dict[str, dict[str, bool]] = {}
        """By request: the channels that it has changed, and whether they are suspended."""
        self._numbers = itertools.count(1)
        self._failures: dict[str, list[OutsideError]] = {}
        self._refused: dict[str, OutsideError] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._waiting: set[str] = set()
        self._perhaps_said: set[tuple[str, str]] = set()
        """Public messages whose rows hold an intent that nobody has concluded."""
        self._calls = Changes()

    # What a test says about the outside

    def fails(self, row: Row, *errors: OutsideError) -> None:
        self._failures.setdefault(row.name, []).extend(errors)

    def cannot_read(self, service: str, error: OutsideError) -> None:
        """PagerDuty does not tell what is open of a service."""
        self._refused[service] = error

    def can_read(self, service: str) -> None:
        self._refused.pop(service, None)

    def cannot_write_to(self, recipient: str, error: OutsideError) -> None:
        """Every message to this person or channel is refused."""
        self._refused[recipient] = error

    def can_write_to(self, recipient: str) -> None:
        """Messages to this person or channel arrive again."""
        self._refused.pop(recipient, None)

    def holds(self, row: Row) -> asyncio.Event:
        self._held[row.name] = asyncio.Event()
        return self._held[row.name]

    def waits(self, row: Row) -> bool:
        """Whether a call of a held row has come."""
        return row.name in self._waiting

    async def until(self, condition: Callable[[], bool], *, within: float = 20) -> None:
        await self._calls.until(condition, within=within)

    def spend(self, offer: int, *, account: str | None = None) -> None:
        """An Admin authorizes the team by this link: what the return commits."""
        row = self.link(offer)
        self._replace(row, "spent")
        self.account = account or row.account
        self.authorized_at = datetime.now(UTC)

    def end(self, offer: int, state: str) -> None:
        """Somebody ends a link, or its time is over."""
        self._replace(self.link(offer), state)

    def loses(self, offer: int) -> None:
        """The row of a link is gone."""
        self.links.remove(self.link(offer))

    # What a test asks of the outside

    def link(self, offer: int) -> StoredLink:
        return next(one for one in self.links if one.id == offer)

    def of(self, name: str, recipient: str) -> list[NoticeView]:
        """All that a message has shown, in order."""
        return [one.view for one in self.sent if (one.name, one.recipient) == (name, recipient)]

    def showing(self, name: str, recipient: str) -> str | None:
        """What a message shows now."""
        views = self.of(name, recipient)
        return views[-1].showing if views else None

    def was_written_to_last(self, recipient: str) -> bool:
        """Whether the newest send went to this recipient."""
        return bool(self.sent) and self.sent[-1].recipient == recipient

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Every message that was posted, in order."""
        return list(dict.fromkeys((one.name, one.recipient) for one in self.sent))

    @property
    def open_links(self) -> list[StoredLink]:
        return [one for one in self.links if one.state == "open"]

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

    @activity.defn(name=rows.RESTORE_SETUP.name)
    async def restore_setup(self, request: RestoreSetup) -> StoredSetup:
        stored: StoredSetup = await self._answer(rows.RESTORE_SETUP, request, self._restore)
        return stored

    def _restore(self, _: RestoreSetup) -> StoredSetup:
        self.restored += 1
        for row in self.links:
            if row.state == "open" and row.expires_at <= datetime.now(UTC):
                self._replace(row, "expired")
        persons = {one.recipient: one.person for one in self.sent}
        return StoredSetup(
            name=self.name,
            accounts=(self.account,) if self.account else self.accounts,
            account=self.account,
            step=self.step,
            installer=persons.get(self.installer or ""),
            chosen_channel=None,
            membership_at=self.membership_at,
            removed=self.removed,
            away=self._away(),
            is_authorized=self.account is not None and (self.authorized_at is not None or not self.forgotten),
            authorized_at=self.authorized_at,
            authorized_name="Grace Admin" if self.authorized_at else None,
            missing=self.missing_before,
            links=tuple({one.kind: one for one in self.links}.values()),
            notices=tuple(
                one for one in self._stored_notices() if one.showing not in ("replaced", "handed_over")
            ),
            numbers=self._numbers_of_notices(),
        )

    def _away(self) -> Away | None:
        known = self._reasons.get(("removed", None))
        if known is None or known.is_over:
            return None
        return "for_good" if known.because == "teamHardDeleted" else "for_now"

    def _stored_notices(self) -> list[StoredNotice]:
        found = {}
        for one in self.sent:
            found[one.name, one.recipient] = StoredNotice(
                name=one.name,
                recipient=one.recipient,
                person=one.person,
                is_posted=True,
                showing=one.view.showing,
                expanded=one.view.expanded,
                content=one.content,
            )
        return list(found.values())

    def _numbers_of_notices(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.sent:
            kind, _, number = one.name.partition("/")
            found[kind] = max(int(number), found.get(kind, 0))
        return found

    @activity.defn(name=rows.RECORD_SETUP.name)
    async def record_setup(self, request: RecordSetup) -> Done:
        done: Done = await self._answer(rows.RECORD_SETUP, request, self._record)
        return done

    def _record(self, request: RecordSetup) -> Done:
        self.recorded.append(request)
        if request.anew_at and (self.authorized_at is None or self.authorized_at <= request.anew_at):
            self.authorized_at, self.forgotten = None, self.account is not None
        self.step = request.step
        self.installer = request.installer or (None if request.anew_at else self.installer)
        self.membership_at = request.membership_at
        self.removed = request.removed
        if request.ends_links:
            for row in self.open_links:
                self._replace(row, "removed")
        return Done()

    @activity.defn(name=rows.FOLLOW_TEAM.name)
    async def follow_team(self, request: FollowTeam) -> ChannelsChanged:
        changed: ChannelsChanged = await self._answer(rows.FOLLOW_TEAM, request, self._follow)
        return changed

    def _follow(self, request: FollowTeam) -> ChannelsChanged:
        self.told.append(request)
        refused = {
            channel for (why, channel), one in self._reasons.items() if why == "refused" and not one.is_over
        }
        untold = refused & {one.channel for one in request.changes if one.because == "heard"}
        for change in request.changes:
            known = self._reasons.get((change.reason, change.channel))
            if known is None or known.at < change.at:
                self._reasons[change.reason, change.channel] = change
            for known in tuple(self._reasons.values()):  # what brings back says that the bot may write again
                is_of = known.reason == "refused" and change.channel in (None, known.channel)
                if change.is_over and is_of and known.at < change.at:
                    over = known.model_copy(update={"is_over": True, "at": change.at})
                    self._reasons["refused", known.channel] = over
        holding = {one.channel for one in self._reasons.values() if not one.is_over}
        changed = self._changed.setdefault(request.request, {})
        for channel in self.channels:
            is_suspended = None in holding or channel in holding
            if is_suspended != (channel in self.suspended):
                changed[channel] = is_suspended
                (self.suspended.add if is_suspended else self.suspended.remove)(channel)
        return ChannelsChanged(
            suspended=tuple(one for one, is_suspended in changed.items() if is_suspended),
            revived=tuple(
                one for one, is_suspended in changed.items() if not is_suspended and one not in untold
            ),
            connections=tuple(
                place_of(one, service)
                for one, is_suspended in changed.items()
                if not is_suspended
                for service in SERVICES
            ),
            owner=self.owner,
            connectors=self._connectors(changed),
        )

    @activity.defn(name=BRING_IN.name)
    async def bring_in(self, request: BringIn) -> BroughtIn:
        brought: BroughtIn = await self._answer(BRING_IN, request, self._bring_in)
        return brought

    def _bring_in(self, request: BringIn) -> BroughtIn:
        if request.connection.conversation in self.suspended:
            return BroughtIn(outcome="channel_suspended")
        if failure := self._refused.get(request.connection.service):
            raise failure.to_application_error()
        self.brought.append(request)
        return BroughtIn(outcome="brought_in", count=1)

    def _connectors(self, changed: dict[str, bool]) -> tuple[Connector, ...]:
        people = {person.aad_object_id: person for person, channel, _ in self.connected if channel in changed}
        return tuple(
            Connector(
                person=person,
                suspended=self._connected_by(person, [one for one, is_away in changed.items() if is_away]),
                revived=self._connected_by(person, [one for one, is_away in changed.items() if not is_away]),
            )
            for person in people.values()
        )

    def _connected_by(self, person: Person, channels: list[str]) -> tuple[Connected, ...]:
        found = {
            channel: tuple(
                service for who, where, service in self.connected if (who, where) == (person, channel)
            )
            for channel in channels
        }
        return tuple(Connected(channel=one, services=services) for one, services in found.items() if services)

    @activity.defn(name=rows.FIND_CHANNEL.name)
    async def find_channel(self, request: FindChannel) -> Found:
        found: Found = await self._answer(rows.FIND_CHANNEL, request, self._find)
        return found

    def _find(self, request: FindChannel) -> Found:
        self.sought.append(request)
        return self.found

    @activity.defn(name=rows.MAKE_OFFER.name)
    async def make_offer(self, request: MakeOffer) -> Offered:
        offered: Offered = await self._answer(rows.MAKE_OFFER, request, self._make)
        return offered

    def _make(self, request: MakeOffer) -> Offered:
        self.offers.append(request)
        if request.kind == "authorize" and request.account is None and len(self.accounts) != 1:
            raise RequestInvalid("no PagerDuty account is configured").to_application_error()
        row = next((one for one in self.links if one.request == request.request), None)
        if row is None:
            for other in self.open_links:
                if other.kind == request.kind:
                    self._replace(other, "replaced")
            row = StoredLink(
                id=next(self._numbers),
                kind=request.kind,
                request=request.request,
                account=request.account,
                state="open",
                expires_at=datetime.now(UTC) + timedelta(seconds=request.life),
            )
            self.links.append(row)
        return Offered(id=row.id, account=row.account, expires_at=row.expires_at, is_open=row.state == "open")

    def _replace(self, row: StoredLink, state: str) -> None:
        self.links[self.links.index(row)] = row.model_copy(update={"state": state})

    @activity.defn(name=rows.SHOW_NOTICE.name)
    async def show_notice(self, request: ShowNotice) -> NoticeShown:
        shown: NoticeShown = await self._answer(rows.SHOW_NOTICE, request, self._show)
        return shown

    def _show(self, request: ShowNotice) -> NoticeShown:
        public = request.person is None and (request.name, request.recipient)
        if public in self._perhaps_said:
            return NoticeShown(certain=False)
        if refused := self._refused.get(request.recipient):
            if public and isinstance(refused, OutcomeUnknown):
                self._perhaps_said.add(public)
            raise refused.to_application_error()
        self.sent.append(request)
        return NoticeShown(certain=True)

    @activity.defn(name=rows.READ_NAMES.name)
    async def read_names(self, request: OfTeam) -> Names:
        names: Names = await self._answer(rows.READ_NAMES, request, self._name)
        return names

    def _name(self, _: OfTeam) -> Names:
        self.named += 1
        return Names(name=self.name)

    @activity.defn(name=rows.READ_ROLES.name)
    async def read_roles(self, request: ReadRoles) -> Roles:
        roles: Roles = await self._answer(rows.READ_ROLES, request, self._read)
        return roles

    def _read(self, _: ReadRoles) -> Roles:
        self.readings += 1
        return Roles(missing=self.missing)

    @activity.defn(name=rows.READ_ORGANIZATION.name)
    async def read_organization(self, request: ReadRoles) -> Done:
        done: Done = await self._answer(rows.READ_ORGANIZATION, request, self._ask_organization)
        return done

    def _ask_organization(self, _: ReadRoles) -> Done:
        self.organizations += 1
        return Done()

    @activity.defn(name=rows.WAKE_SETUPS.name)
    async def wake_setups(self, request: OfTeam) -> Done:
        done: Done = await self._answer(rows.WAKE_SETUPS, request, self._wake)
        return done

    def _wake(self, request: OfTeam) -> Done:
        self.woken.append(request)
        return Done()

    def activities(self) -> list[Callable[..., Awaitable[Any]]]:
        return [
            self.restore_setup,
            self.record_setup,
            self.follow_team,
            self.bring_in,
            self.find_channel,
            self.make_offer,
            self.show_notice,
            self.read_names,
            self.read_roles,
            self.read_organization,
            self.wake_setups,
        ]
