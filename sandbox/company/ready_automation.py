"""Acme's three incident workflows and two custom incident actions, all of which call the product's API.

They are no part of the company file: address and token of the API are known when the simulator starts.
"""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from sandbox.company.automation import (
    Automation,
    CustomAction,
    HttpHeader,
    IncidentWorkflow,
    WebApiConnection,
    WorkflowStep,
    WorkflowTrigger,
)
from sandbox.company.model import Company

CONNECTION = "5a8e88bb-2acd-4035-8f02-163c10f917b8"
CHAT_AND_MEETING, P1_AT_THE_EDGE, SECURITY_BREACH = "PWFLOW1", "PWFLOW2", "PWFLOW3"
OPEN_CHAT, OPEN_MEETING = "PCACT01", "PCACT02"

_CREATE_CHAT = "pagerduty.com:microsoft-teams:create-ms-teams-chat:2"
_CREATE_MEETING = "pagerduty.com:microsoft-teams:create-ms-teams-meeting:1"
_SEND_GET = "pagerduty.com:http-api:send-get-request:1"
_SEND_POST = "pagerduty.com:http-api:send-post-request:1"
_LOOP_UNTIL = "pagerduty.com:logic:incident-workflows-loop-until:3"
_CHECKOUT, _EDGE_NETWORK = "PSVC001", "PSVC003"
_JSON = "Content-Type: application/json"


def ready_automation(company: Company, api_url: str, token: str) -> Automation:
    """What the account has where the product's API is at ``api_url`` and takes this token."""
    api = api_url.rstrip("/")
    authorization = HttpHeader(name="Authorization", value=f"Bearer {token}")
    return Automation(
        connections=(
            WebApiConnection(
                id=CONNECTION,
                name=company.bot_name,
                headers=(authorization,),
                allowed_hostnames=(urlsplit(api).hostname or "",),
                health_check_url=f"{api}/v1/health",
            ),
        ),
        workflows=(
            _chat_and_meeting(company, api),
            _p1_at_the_edge(company, api),
            _security_breach(company, api),
        ),
        custom_actions=(
            CustomAction(
                id=OPEN_CHAT,
                label="Open a Teams chat",
                url=f"{api}/v1/custom-actions/chat",
                description="Opens the incident's chat in Microsoft Teams",
                service=_CHECKOUT,
                headers=(authorization,),
            ),
            CustomAction(
                id=OPEN_MEETING,
                label="Open a Teams meeting",
                url=f"{api}/v1/custom-actions/meeting",
                description="Opens the incident's meeting in Microsoft Teams",
                service=_CHECKOUT,
                headers=(authorization,),
                payload="v2",
            ),
        ),
    )


def _chat_and_meeting(company: Company, api: str) -> IncidentWorkflow:
    """Where Microsoft is slow a call is answered 202 without an address, so the message waits for both."""
    chat = _create_chat(company)
    ask = _ask_for_chat(api)
    meeting = WorkflowStep(
        name="Create Conference Bridge in Microsoft Teams",
        action=_CREATE_MEETING,
        inputs={
            "Microsoft Teams Team": company.teams[0].id,
            "Meeting Name": "incident_{{incident.incident_number}}",
        },
    )
    bridge, refused = _field(meeting, "Conference Bridge URL"), _field(meeting, "Error")
    return IncidentWorkflow(
        id=CHAT_AND_MEETING,
        name="Chat and meeting in Teams",
        description="Opens a chat and a meeting, and tells the chat where the meeting is",
        triggers=(WorkflowTrigger(id="0c1f7a30-6f0e-4c55-9d0f-3f5b6f1d0001", type="manual"),),
        steps=(
            chat,
            # Asked for again the meeting is the one there is, so the step itself can be repeated.
            _loop("Loop until the meeting is there", f"{bridge} exists or {refused} exists", meeting),
            _loop("Loop until the chat is there", f"{_is_there(ask)} or {_field(chat, 'Error')} exists", ask),
            _message(api, f"The meeting: {{{{{bridge}}}}}", key="meeting-of-{{incident.id}}"),
        ),
    )


def _p1_at_the_edge(company: Company, api: str) -> IncidentWorkflow:
    return IncidentWorkflow(
        id=P1_AT_THE_EDGE,
        name="P1 of the edge network",
        description="Opens a chat as soon as an incident of Edge network is a P1",
        triggers=(
            WorkflowTrigger(
                id="0c1f7a30-6f0e-4c55-9d0f-3f5b6f1d0002",
                type="conditional",
                condition="incident.priority matches 'P1'",
                services=(_EDGE_NETWORK,),
            ),
        ),
        steps=(
            _create_chat(company),
            _message(api, "#{{incident.incident_number}} is a {{incident.priority}}: {{incident.url}}"),
        ),
    )


def _security_breach(company: Company, api: str) -> IncidentWorkflow:
    body = {
        "mst_tenant_id": company.tenant_id,
        "owner_pd_user_id": company.api_user,
        "chat": {"name": "Security breach {{incident.incident_number}}"},
        "events": "status_updates_only",
    }
    ask = _ask_for_chat(api)
    return IncidentWorkflow(
        id=SECURITY_BREACH,
        name="Security breach",
        description="Opens a chat that hears of status updates alone, and waits until it is there",
        triggers=(
            WorkflowTrigger(
                id="0c1f7a30-6f0e-4c55-9d0f-3f5b6f1d0003",
                type="incident_type",
                incident_types=("security_breach",),
            ),
        ),
        steps=(
            _post("Open the chat", _chat_address(api), body),
            _loop("Loop until the chat is there", _is_there(ask), ask),
            _message(api, "Speak about this breach here alone."),
        ),
    )


def _create_chat(company: Company) -> WorkflowStep:
    """With an owner beside whoever is assigned: Teams has no group chat of one person."""
    return WorkflowStep(
        name="Create a Dedicated Chat in Microsoft Teams",
        action=_CREATE_CHAT,
        inputs={
            "Microsoft Teams Organization": company.tenant_id,
            "User": company.api_user,
            "Chat Name": "incident_{{incident.incident_number}}",
        },
    )


def _ask_for_chat(api: str) -> WorkflowStep:
    return WorkflowStep(
        name="Ask for the chat",
        action=_SEND_GET,
        inputs={"URL": _chat_address(api), "Authentication Headers": CONNECTION},
    )


def _is_there(ask: WorkflowStep) -> str:
    return f"{_field(ask, 'Response Status Code')} matches '200'"


def _loop(name: str, condition: str, step: WorkflowStep) -> WorkflowStep:
    """Does the step at most five times, a minute apart."""
    return WorkflowStep(
        name=name,
        action=_LOOP_UNTIL,
        inputs={"Condition": condition, "Delay between loops": "1", "Maximum loops": "5"},
        steps=(step,),
    )


def _message(api: str, text: str, *, key: str | None = None) -> WorkflowStep:
    """With a ``key`` the chat reads it once, however often the workflow is run."""
    url = f"{api}/v1/incidents/{{{{incident.id}}}}/messages"
    headers = () if key is None else (f"Idempotency-Key: {key}",)
    return _post("Tell the chat", url, {"to": {"chat": "dedicated"}, "text": text}, *headers)


def _post(name: str, url: str, body: Mapping[str, object], *headers: str) -> WorkflowStep:
    return WorkflowStep(
        name=name,
        action=_SEND_POST,
        inputs={
            "URL": url,
            "Authentication Headers": CONNECTION,
            "Headers": "\n".join((_JSON, *headers)),
            "Body": json.dumps(body),
        },
    )


def _chat_address(api: str) -> str:
    return f"{api}/integration-ms-teams/incidents/{{{{incident.id}}}}/dedicated_chat"


def _field(step: WorkflowStep, name: str) -> str:
    """An output of a step, as conditions name it."""
    return f"steps['{step.name}'].fields['{name}']"
