"""The actions that a workflow's steps can take, as PagerDuty lists them.

The ids of *Send a Webhook POST*, *Loop Until* and the Teams chat stand in public Terraform code, that of
PagerDuty's provider among it; the others follow their pattern. The names of inputs and outputs are those of
the Workflow Actions library, but for *Chat Link* (by the pattern of Slack's *Channel Link*) and *Microsoft
Teams Team*, which PagerDuty finds by itself and its API wants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.pagerduty.workflows.results import RESULT

STATUS_CODE, BODY = "Response Status Code", "Response Body"
CHAT_LINK, BRIDGE_URL = "Chat Link", "Conference Bridge URL"
LOOP_UNTIL = "pagerduty.com:logic:incident-workflows-loop-until:3"


@dataclass(frozen=True)
class Action:
    """An action, with the names of its inputs and outputs."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class WebApiAction(Action):
    """An action that sends a request anywhere."""

    method: str


@dataclass(frozen=True)
class TeamsAction(Action):
    """An action of PagerDuty's Teams integration."""

    call: Literal["dedicated_chat", "meeting"]
    """The end of the integration's address."""


def _web_api(name: str, method: str) -> WebApiAction:
    body = ("Body",) if method in ("POST", "PUT", "PATCH") else ()
    inputs = ("URL", "Authentication Headers", "Headers", *body)
    return WebApiAction(name, inputs, (STATUS_CODE, BODY, *RESULT), method)


CALLS: dict[str, WebApiAction | TeamsAction] = {
    "pagerduty.com:microsoft-teams:create-ms-teams-chat:2": TeamsAction(
        "Create a Dedicated Chat in Microsoft Teams",
        ("Microsoft Teams Organization", "User", "Chat Name"),
        (CHAT_LINK, *RESULT),
        "dedicated_chat",
    ),
    "pagerduty.com:microsoft-teams:create-ms-teams-meeting:1": TeamsAction(
        "Create Conference Bridge in Microsoft Teams",
        ("Microsoft Teams Team", "Meeting Name"),
        (BRIDGE_URL, *RESULT),
        "meeting",
    ),
    **{
        f"pagerduty.com:http-api:send-{method.lower()}-request:1": _web_api(f"Send {method} Request", method)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
    },
    "pagerduty.com:http-api:send-webhook-post:1": _web_api("Send a Webhook POST", "POST"),
}
"""The actions that send something, by id."""

ACTIONS: Mapping[str, Action] = {
    **CALLS,
    LOOP_UNTIL: Action("Loop Until", ("Condition", "Delay between loops", "Maximum loops"), RESULT),
}
"""Every action by its id."""
