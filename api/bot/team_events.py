"""What Teams tells of a team, and how its set-up hears of it.

A team is ``channelData.team.id`` and nothing else: at an installation the conversation is the channel that
was chosen, in every other event it is the team's. An installation comes as two activities, in either order,
once, several times or never.
"""

import asyncio

import structlog

from api.bot.activity import InboundActivity, TeamReference
from api.bot.adapter import NotTaken
from api.bot.names import Names
from api.bot.sender import person_of
from api.gateway import Gateway
from muster.clients.teams.connector import ConnectorClient
from muster.logging import correlated
from muster.store import conversations, teams
from muster.store.pool import UNAVAILABLE, Pool
from muster.store.teams import Team, TeamOfAnotherTenant
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.team_setup.messages import Deadlines, TeamEvent
from workflows.team_setup.workflow_type import TEAM_EVENTS, TEAM_SETUP

_WITHIN = 10.0
"""Seconds for all of it: Teams delivers again what is not answered within 15."""

_MEMBERSHIP = {"add": "installed", "remove": "removed"}
"""By an installation's action. An upgrade (``add-upgrade``, ``remove-upgrade``) changes nothing of a team."""
_BY_EVENT_TYPE = {name.casefold(): name for name in TEAM_EVENTS if name not in _MEMBERSHIP.values()}
_NAMING_A_CHANNEL = frozenset({"channelRenamed", "channelRestored"})
_TEAMS_ROSTER = {"added": (None, "teammemberadded"), "removed": (None, "teammemberremoved")}
"""Event types of a changed roster of a team; a channel has a roster of its own."""
_KNOWN = frozenset({*_BY_EVENT_TYPE, "teammemberadded", "teammemberremoved"})

log = structlog.stdlib.get_logger(__name__)


def event_of(activity: InboundActivity) -> str | None:
    """The name of the signal that tells this; ``None`` where it changes nothing of a team.

    ``eventType`` is compared without case: Teams' documents spell one of them in small letters.
    """
    if activity.type == "installationUpdate":
        return _MEMBERSHIP.get((activity.install_action or "").casefold())
    if activity.type != "conversationUpdate":
        return None
    told = activity.event_type.casefold() if activity.event_type else None
    if told in _BY_EVENT_TYPE:
        return _BY_EVENT_TYPE[told]
    if told in _TEAMS_ROSTER["added"] and activity.adds_bot:
        return "installed"
    if told in _TEAMS_ROSTER["removed"] and activity.removes_bot:
        return "removed"
    return None


def is_unknown(activity: InboundActivity) -> bool:
    """Whether it is of a type that nobody here knows; people who come and go are known and change nothing."""
    told = activity.event_type
    return activity.type == "conversationUpdate" and told is not None and told.casefold() not in _KNOWN


class TeamEvents:
    """Tells set-ups what happened to their teams."""

    def __init__(
        self, pool: Pool, gateway: Gateway, connector: ConnectorClient, deadlines: Deadlines
    ) -> None:
        self._pool = pool
        self._gateway = gateway
        self._names = Names(pool, connector)
        self._deadlines = deadlines

    async def tell(self, activity: InboundActivity) -> None:
        """Signal the set-up of the team that it is about; raises ``NotTaken``."""
        event = event_of(activity)
        if event is None and is_unknown(activity):
            log.info("an event of a team is unknown", event_type=activity.event_type)
        if event is None or activity.team is None or activity.tenant is None:
            return
        with correlated(activity.id):
            try:
                async with asyncio.timeout(_WITHIN):
                    team = await self._first_seen(activity, activity.team, activity.tenant)
                    await self._rename_channel(activity, team, event)
                    await self._signal(team, event, activity)
            except TeamOfAnotherTenant:
                log.warning("an event names a team of another tenant", event_type=event)
            except (TemporalUnavailable, *UNAVAILABLE) as failure:
                log.warning("an event of a team was not taken", reason=type(failure).__name__)
                raise NotTaken from failure

    async def team_of(self, activity: InboundActivity) -> Team | None:
        """The team in which something was written; ``None`` for a chat.

        Where nobody has told of its installation, this message does, and its set-up starts.
        Raises ``NotTaken``.
        """
        if activity.team is None or activity.tenant is None:
            return None
        try:
            async with asyncio.timeout(_WITHIN):
                team = await teams.find(self._pool, activity.team.id)
                if team is None or _installation_is_news(team, activity):
                    team = await self._first_seen(activity, activity.team, activity.tenant)
                    await self._signal(team, "installed", activity)
        except TeamOfAnotherTenant:
            return None
        except (TemporalUnavailable, *UNAVAILABLE) as failure:
            log.warning("a message was not taken", reason=type(failure).__name__)
            raise NotTaken from failure
        return team if team.tenant == activity.tenant else None

    async def _first_seen(self, activity: InboundActivity, reference: TeamReference, tenant: str) -> Team:
        return await teams.first_seen(
            self._pool,
            id=reference.id,
            tenant=tenant,
            name=await self._names.of_team(activity, tenant, reference.id),
            aad_group_id=reference.aad_group_id,
            service_url=activity.service_url,
            named_at=activity.timestamp,
        )

    async def _rename_channel(self, activity: InboundActivity, team: Team, event: str) -> None:
        """Its name follows at once, also where Teams cannot be asked for all names."""
        channel = activity.channel
        if event in _NAMING_A_CHANNEL and channel is not None and channel.name:
            await conversations.rename(
                self._pool,
                id=channel.id,
                team=team.id,
                tenant=team.tenant,
                name=channel.name,
                at=activity.at,
            )

    async def _signal(self, team: Team, event: str, activity: InboundActivity) -> None:
        person = person_of(activity)
        if event == "installed":  # its card and its link name them
            person = await self._names.of_sender(activity, team.tenant, team.id)
        message = TeamEvent(
            event=event,
            activity=activity.id or "",
            at=activity.at,
            person=person,
            channel=_channel_of(activity, event, team.id),
            name=_new_name(activity, event),
        )
        try:
            await self._gateway.signal(TEAM_SETUP, team.start(self._deadlines), TEAM_EVENTS[event], message)
        except Rejected as refusal:  # it will be the next time too
            log.error("an event of a team is refused", event_type=event, reason=str(refusal))
        else:
            log.info("a team's set-up was told", event_type=event, team=team.key)


def _installation_is_news(team: Team, activity: InboundActivity) -> bool:
    """Whether somebody writes in a team of which no installation was told, or a removal last."""
    if team.tenant != activity.tenant:
        return False
    if team.removed_at is not None:
        return team.membership_at is None or team.membership_at < activity.at
    return team.membership_at is None and team.account is None and team.step is None


def _channel_of(activity: InboundActivity, event: str, team: str) -> str | None:
    """The channel chosen at an installation, or the one that the event is about."""
    if activity.type == "message":
        return activity.conversation_id
    if event != "installed":
        return activity.channel.id if activity.channel else None
    if activity.selected_channel is not None:
        return activity.selected_channel
    told = activity.type == "installationUpdate" or activity.conversation_id != team
    return activity.conversation_id if told else None


def _new_name(activity: InboundActivity, event: str) -> str | None:
    if event == "teamRenamed":
        return activity.team.name if activity.team else None
    return activity.channel.name if activity.channel else None
