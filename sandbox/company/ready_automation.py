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
    meeting = WorkflowStep(
        name="Create Conference Bridge in Microsoft Teams",
        action=_CREATE_MEETING,
        inputs={
            "Microsoft Teams Team": company.teams[0].id,
            "Meeting Name": "incident_{{incident.incident_number}}",
        },
    )
    link = f"{{{{steps['{meeting.name}'].fields['Conference Bridge URL']}}}}"
    return IncidentWorkflow(
        id=CHAT_AND_MEETING,
        name="Chat and meeting in Teams",
        description="Opens a chat and a meeting, and tells the chat where the meeting is",
        triggers=(WorkflowTrigger(id="0c1f7a30-6f0e-4c55-9d0f-3f5b6f1d0001", type="manual"),),
        steps=(_create_chat(company), meeting, _message(api, f"The meeting: {link}")),
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
    chat = f"{api}/integration-ms-teams/incidents/{{{{incident.id}}}}/dedicated_chat"
    body = {
        "mst_tenant_id": company.tenant_id,
        "chat": {"name": "Security breach {{incident.incident_number}}"},
        "events": "status_updates_only",
    }
    ask = WorkflowStep(
        name="Ask for the chat", action=_SEND_GET, inputs={"URL": chat, "Authentication Headers": CONNECTION}
    )
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
            _post("Open the chat", chat, body),
            WorkflowStep(
                name="Loop until the chat is there",
                action=_LOOP_UNTIL,
                inputs={
                    "Condition": f"steps['{ask.name}'].fields['Response Status Code'] matches '200'",
                    "Delay between loops": "1",
                    "Maximum loops": "5",
                },
                steps=(ask,),
            ),
            _message(api, "Speak about this breach here alone."),
        ),
    )


def _create_chat(company: Company) -> WorkflowStep:
    return WorkflowStep(
        name="Create a Dedicated Chat in Microsoft Teams",
        action=_CREATE_CHAT,
        inputs={
            "Microsoft Teams Organization": company.tenant_id,
            "Chat Name": "incident_{{incident.incident_number}}",
        },
    )


def _message(api: str, text: str) -> WorkflowStep:
    url = f"{api}/v1/incidents/{{{{incident.id}}}}/messages"
    return _post("Tell the chat", url, {"to": {"chat": "dedicated"}, "text": text})


def _post(name: str, url: str, body: Mapping[str, object]) -> WorkflowStep:
    return WorkflowStep(
        name=name,
        action=_SEND_POST,
        inputs={
            "URL": url,
            "Authentication Headers": CONNECTION,
            "Headers": _JSON,
            "Body": json.dumps(body),
        },
    )
