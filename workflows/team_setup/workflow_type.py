"""How everybody else starts ``TeamSetup`` and talks to it, and how operators find its runs."""

from workflows.contract import RunListing, Signal, Update, WorkflowType
from workflows.ids import TeamSetupId
from workflows.markdown import as_markdown
from workflows.search_attributes import ATTENTION, TEAMS_CONVERSATION, TEAMS_TENANT
from workflows.team_setup.messages import (
    Authorized,
    ChannelHeard,
    ConsentReturned,
    KeyShown,
    Pressed,
    SendRefused,
    SetupAnswer,
    Start,
    TeamEvent,
)
from workflows.values import Value

_NAME_LIMIT = 150
"""Most bytes: Temporal refuses a start whose summary has more than 400."""

TEAM_EVENTS = {
    name: Signal(name, TeamEvent)
    for name in (
        "installed",
        "removed",
        "teamRenamed",
        "teamArchived",
        "teamUnarchived",
        "teamDeleted",
        "teamHardDeleted",
        "teamRestored",
        "channelCreated",
        "channelRenamed",
        "channelDeleted",
        "channelRestored",
    )
}
"""What happened to the team, under Teams' own words."""


def _answered_update(name: str) -> Update[Pressed, SetupAnswer]:
    return Update(name, Pressed, SetupAnswer, goes_on_as=Signal(name, Pressed))


NOT_ADMIN = _answered_update("not_admin")
"""*I'm not a PagerDuty Admin*: the card expands."""
RENEW = _answered_update("renew")
"""*Send a new link*."""
CHOOSE_ACCOUNT = _answered_update("choose_account")
AUTHORIZE = _answered_update("authorize")
"""The command ``authorize <KEY>``: whoever wrote it privately gets the Authorize card."""
APPCONNECT = _answered_update("appconnect")
"""The command ``appconnect``: whoever wrote it gets the consent card."""
AUTHORIZED = Update("authorized", Authorized, SetupAnswer, goes_on_as=Signal("authorized", Authorized))
CONSENT_RETURNED = Update(
    "consent_returned", ConsentReturned, SetupAnswer, goes_on_as=Signal("consent_returned", ConsentReturned)
)
KEY_SHOWN = Signal("key_shown", KeyShown)
"""A KEY was written in a channel: its offer is over."""
SEND_REFUSED = Signal("send_refused", SendRefused)
"""Teams refused what was sent into a channel of the team, and no event says why."""
CHANNEL_HEARD = Signal("channel_heard", ChannelHeard)
"""Something arrived from a suspended channel of the team: what kept the bot out is over."""
BUTTONS = {row.name: row for row in (NOT_ADMIN, RENEW, CHOOSE_ACCOUNT)}
"""Updates that a button of a card asks for, by the button's verb."""

UPDATES = {**BUTTONS, **{row.name: row for row in (AUTHORIZE, APPCONNECT, AUTHORIZED, CONSENT_RETURNED)}}


def title(name: str) -> str:
    """The run's static summary, as Markdown: ``Payments · setup``."""
    return f"{as_markdown(name, _NAME_LIMIT)} · setup"


def _listing(start: Start, _message: Value | None) -> RunListing:
    return RunListing(
        title=title(start.name),
        attributes={TEAMS_TENANT: start.tenant, TEAMS_CONVERSATION: start.team, ATTENTION: "ok"},
    )


TEAM_SETUP = WorkflowType(
    name="TeamSetup",
    start=Start,
    workflow_id=lambda start: str(TeamSetupId(start.key)),
    listing=_listing,
    signals={
        **TEAM_EVENTS,
        KEY_SHOWN.name: KEY_SHOWN,
        SEND_REFUSED.name: SEND_REFUSED,
        CHANNEL_HEARD.name: CHANNEL_HEARD,
        **{name: row.goes_on_as for name, row in UPDATES.items()},
    },
    updates=UPDATES,
)
