"""The published schemas, and what the product uses of each. Extend the extracts here."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Original:
    """One schema; without ``calls`` the whole of it is used."""

    file: str
    """Its path below the folder of the originals."""

    name: str

    published: str
    """Where its newest version is."""

    calls: tuple[str, ...] = ()
    """Method and path of each used call, the path as the original writes it."""

    folder: str = "tests/schemas/reference"
    """Where its extract is kept, below the checkout."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Lists of names that no enum has: what they name → where the original has the list (a JSON pointer)."""

    @property
    def extract(self) -> str:
        """The path of its extract below the checkout."""
        return f"{self.folder}/{self.file.rpartition('/')[2]}"


REST = Original(
    file="pagerduty/rest.openapi.json",
    name="PagerDuty REST API",
    published="https://github.com/PagerDuty/api-schema/blob/main/reference/REST/openapiv3.json",
    calls=(
        "GET /abilities",
        "GET /abilities/{id}",
        "GET /escalation_policies",
        "GET /escalation_policies/{id}",
        "GET /incident_workflows",
        "POST /incident_workflows/{id}/instances",
        "GET /incident_workflows/triggers",
        "GET /incidents",
        "POST /incidents",
        "PUT /incidents",
        "GET /incidents/{id}",
        "PUT /incidents/{id}",
        "GET /incidents/{id}/alerts",
        "GET /incidents/{id}/custom_fields/values",
        "PUT /incidents/{id}/custom_fields/values",
        "GET /incidents/{id}/log_entries",
        "PUT /incidents/{id}/merge",
        "GET /incidents/{id}/notes",
        "POST /incidents/{id}/notes",
        "POST /incidents/{id}/responder_requests",
        "POST /incidents/{id}/status_updates",
        "GET /incidents/types",
        "GET /oncalls",
        "GET /priorities",
        "GET /services",
        "GET /services/{id}",
        "GET /teams",
        "GET /teams/{id}",
        "GET /teams/{id}/members",
        "GET /users",
        "GET /users/{id}",
        "GET /users/me",
        "GET /webhook_subscriptions",
        "POST /webhook_subscriptions",
        "GET /webhook_subscriptions/{id}",
        "PUT /webhook_subscriptions/{id}",
        "DELETE /webhook_subscriptions/{id}",
        "POST /webhook_subscriptions/{id}/enable",
        "POST /webhook_subscriptions/{id}/ping",
    ),
    names={
        "event types": "/components/examples/CreateSubscriptionExample/value/webhook_subscription/events",
    },
)

MS_TEAMS = Original(
    file="pagerduty/ms-teams.openapi.json",
    name="PagerDuty MS Teams Integration API",
    published="https://github.com/PagerDuty/api-schema/blob/main/reference/integration-ms-teams-service/openapiv3.json",
    calls=(
        "POST /incidents/{incident_id}/dedicated_chat",
        "GET /incidents/{incident_id}/dedicated_chat",
        "DELETE /incidents/{incident_id}/dedicated_chat",
        "POST /incidents/{incident_id}/meeting",
    ),
)

CONNECTOR = Original(
    file="teams/bot-connector.swagger.json",
    name="Microsoft Bot Connector API",
    published="https://github.com/microsoft/botbuilder-dotnet/blob/main/libraries/Swagger/ConnectorAPI.json",
    calls=(
        "GET /v3/conversations",
        "POST /v3/conversations",
        "POST /v3/conversations/{conversationId}/activities",
        "POST /v3/conversations/{conversationId}/activities/{activityId}",
        "PUT /v3/conversations/{conversationId}/activities/{activityId}",
        "DELETE /v3/conversations/{conversationId}/activities/{activityId}",
        "GET /v3/conversations/{conversationId}/activities/{activityId}/members",
        "GET /v3/conversations/{conversationId}/members",
        "GET /v3/conversations/{conversationId}/members/{memberId}",
        "GET /v3/conversations/{conversationId}/pagedmembers",
    ),
)

GRAPH = Original(
    file="graph/graph.openapi.json",
    name="Microsoft Graph API",
    published="https://graph.microsoft.com/v1.0/$metadata",
    calls=(
        "GET /organization",
        "GET /users",
        "GET /users/{user-id}",
        "GET /users/{user-id}/chats",
        "GET /users/{user-id}/events",
        "POST /users/{user-id}/events",
        "GET /users/{user-id}/events/{event-id}",
        "PATCH /users/{user-id}/events/{event-id}",
        "DELETE /users/{user-id}/events/{event-id}",
        "POST /users/{user-id}/onlineMeetings/createOrGet",
        "POST /chats",
        "GET /chats/{chat-id}",
        "PATCH /chats/{chat-id}",
        "DELETE /chats/{chat-id}",
        "GET /chats/{chat-id}/members",
        "POST /chats/{chat-id}/members",
        "DELETE /chats/{chat-id}/members/{conversationMember-id}",
        "GET /chats/{chat-id}/installedApps",
        "POST /chats/{chat-id}/installedApps",
        "GET /appCatalogs/teamsApps",
    ),
)

CARD = Original(
    file="teams/adaptive-card-1.5.schema.json",
    name="Adaptive Cards 1.5",
    published="http://adaptivecards.io/schemas/adaptive-card.json",
)

COMPOSE = Original(
    file="compose/compose-spec.json",
    name="Compose Specification",
    published="https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json",
)

MANIFEST = Original(
    file="teams/teams-manifest.schema.json",
    name="Teams app manifest 1.29",
    published="https://developer.microsoft.com/json-schemas/teams/v1.29/MicrosoftTeams.schema.json",
    folder="muster/app_package",  # the product itself validates by it
)

ORIGINALS = (REST, MS_TEAMS, CONNECTOR, GRAPH, CARD, COMPOSE, MANIFEST)
