"""How everybody else starts ``ConnectChannel`` and talks to it, and how operators find its runs."""

from collections.abc import Mapping

from workflows.connect_channel.messages import Asked, ConnectAnswer, Start
from workflows.connect_channel.state import Request
from workflows.contract import RunListing, Signal, Update, WorkflowType
from workflows.ids import ConnectChannelId
from workflows.markdown import as_markdown
from workflows.search_attributes import (
    ATTENTION,
    PD_ACCOUNT,
    PD_SERVICE,
    TEAMS_CONVERSATION,
    TEAMS_TENANT,
)
from workflows.values import Value

_NAME_LIMIT = 150
"""Most bytes: Temporal refuses a start whose summary has more than 400."""

CONNECT = Update("connect", Asked, ConnectAnswer, goes_on_as=Signal("connect", Asked))
"""**Connect Service** on the card of the command, or the web page."""
DISCONNECT = Update("disconnect", Asked, ConnectAnswer, goes_on_as=Signal("disconnect", Asked))
"""The command of that name, or the web page."""
BRING_IN = Update("bring_in", Asked, ConnectAnswer, goes_on_as=Signal("bring_in", Asked))
"""**Bring in open incidents** on the welcome of a channel or on a connection's card."""

CONNECT_SERVICE = "connect_service"
"""The verb of the button **Connect Service**."""

UPDATES = {row.name: row for row in (CONNECT, DISCONNECT, BRING_IN)}
BUTTONS: Mapping[str, Request] = {CONNECT_SERVICE: "connect", BRING_IN.name: "bring_in"}
"""What is asked for by the verb of a button."""


def title(service: str, channel: str) -> str:
    """The run's static summary, as Markdown: ``Checkout · Payments/#ops · connect``."""
    return f"{as_markdown(service, _NAME_LIMIT)} · {as_markdown(channel, _NAME_LIMIT)} · connect"


def _listing(start: Start, _message: Value | None) -> RunListing:
    return RunListing(
        title=title(start.service_name or start.service, start.channel_name),
        attributes={
            PD_ACCOUNT: start.account,
            PD_SERVICE: start.service,
            TEAMS_TENANT: start.tenant,
            TEAMS_CONVERSATION: start.conversation,
            ATTENTION: "ok",
        },
    )


CONNECT_CHANNEL = WorkflowType(
    name="ConnectChannel",
    start=Start,
    workflow_id=lambda start: str(ConnectChannelId(start.key, start.service)),
    listing=_listing,
    signals={name: row.goes_on_as for name, row in UPDATES.items()},
    updates=UPDATES,
)
