"""A meeting's way into PagerDuty: the incident's bridge and a note, both as whoever pressed for it.

For a program as the app, where nobody who pressed is linked.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from activities.pagerduty.askers import Askers, Writer, write_link_note
from activities.registration import implements
from muster.clients.pagerduty.access import account_of, bounded
from muster.clients.pagerduty.rest import INTERACTIVE, PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.store import meetings
from muster.store.details import lock_incident
from muster.store.pool import Pool, transaction
from workflows.contract import Done
from workflows.errors import Forbidden, OutcomeUnknown, ProviderUnavailable, RequestInvalid
from workflows.incident_meeting.activities import (
    NOTE_MEETING,
    SET_BRIDGE,
    BridgeSet,
    NoteMeeting,
    SetBridge,
)
from workflows.link_notes import MEETING_NOTE

_WITHIN = 7.0
"""Seconds; less than the rows' start-to-close limits."""
_NOT_IN_THE_BRIDGE: Mapping[str, str] = {
    "theirs": " (not the incident's conference bridge: that has another address)",
    "refused": " (not in the incident's conference bridge: PagerDuty refused it)",
}


class _Held(NamedTuple):
    url: str
    number: str


class MeetingLinkActivities:
    """Tells PagerDuty where the meeting is.

    ``clicks_pool``: a connection is held while PagerDuty answers, as for the clicks, whose lock it is.
    """

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        accounts: Mapping[str, PagerDutyAccount],
        app_tokens: AppTokens,
        person_tokens: PersonTokens,
        pool: Pool,
        clicks_pool: Pool,
    ) -> None:
        self._client = pagerduty
        self._accounts = accounts
        self._askers = Askers(person_tokens, app_tokens, pool)
        self._pool = pool
        self._clicks_pool = clicks_pool

    @implements(SET_BRIDGE)
    async def set_bridge(self, request: SetBridge) -> BridgeSet:
        """Write the address where the bridge has none, under the incident's lock, right after reading it.

        A bridge with another address stays, but for that of a meeting which nobody organises any more.
        """
        account = account_of(self._accounts, request.room.account)

        async def write(writer: Writer) -> Literal["ours", "theirs"]:
            async with transaction(self._clicks_pool) as connection:
                await lock_incident(connection, "write", request.room.account, request.room.incident_id)
                held = await self._bridge(account, request, writer)
                if held.url == request.url:
                    return "ours"
                if held.url and held.url != request.replaces:
                    return "theirs"
                # A number that somebody has set without an address stays.
                number = request.number if held.url or not held.number else held.number
                await self._write(account, request, writer, number=number)
            return "ours"

        async with bounded(_WITHIN):
            standing = await self._askers.asked(
                write,
                room=request.room,
                tenant=request.tenant,
                first=request.pressed_by,
                app="first" if request.by_program else "alone",
                tolerates=(Forbidden, RequestInvalid),
            )
            await meetings.note_bridge(self._pool, request.room, attempt=request.attempt, bridge=standing)
        return BridgeSet(standing=standing)

    @implements(NOTE_MEETING)
    async def note_meeting(self, request: NoteMeeting) -> Done:
        """Write ``Microsoft Teams meeting: <url>`` with the number to dial, unless a note has the address."""
        account = account_of(self._accounts, request.room.account)
        number = f", {request.number}" if request.number else ""
        text = f"{MEETING_NOTE}{request.url}{number}{_NOT_IN_THE_BRIDGE.get(request.standing, '')}"

        async def write(writer: Writer) -> None:
            await write_link_note(self._client, account, request.room, text, request.url, writer=writer)

        async with bounded(_WITHIN):
            await self._askers.asked(
                write,
                room=request.room,
                tenant=request.tenant,
                first=request.pressed_by,
                app="first" if request.by_program else "alone",
            )
            await meetings.note_noted(self._pool, request.room, attempt=request.attempt)
        return Done()

    async def _bridge(self, account: PagerDutyAccount, request: SetBridge, writer: Writer) -> _Held:
        """As it is, to the letter: what is no address for a card is one that somebody has set."""
        incident: Mapping[str, Any] = await self._client.get_incident(
            account, request.room.incident_id, token=writer.token, within=INTERACTIVE
        )
        bridge = incident.get("conference_bridge")
        held = bridge if isinstance(bridge, Mapping) else {}
        url, number = (held.get(name) for name in ("conference_url", "conference_number"))
        return _Held(*(one.strip() if isinstance(one, str) else "" for one in (url, number)))

    async def _write(
        self, account: PagerDutyAccount, request: SetBridge, writer: Writer, *, number: str
    ) -> None:
        try:
            await self._client.set_bridge(
                account,
                request.room.incident_id,
                url=request.url,
                number=number,
                token=writer.token,
                from_email=writer.email,
            )
        except OutcomeUnknown as error:
            # The next look shows it.
            raise ProviderUnavailable(str(error), code=error.code, says=error.says) from error
