"""Search attributes: typed keys, and the one list that registration and start-up checks read.

Nine keywords of the ten that a namespace on SQL allows. They are not encrypted: ids and codes only.
"""

from collections.abc import Mapping
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

PD_ACCOUNT = SearchAttributeKey.for_keyword("PdAccount")
PD_INCIDENT = SearchAttributeKey.for_keyword("PdIncident")
PD_SERVICE = SearchAttributeKey.for_keyword("PdService")
TEAMS_TENANT = SearchAttributeKey.for_keyword("TeamsTenant")
TEAMS_CONVERSATION = SearchAttributeKey.for_keyword("TeamsConversation")
INCIDENT_STATUS = SearchAttributeKey.for_keyword("IncidentStatus")
URGENCY = SearchAttributeKey.for_keyword("Urgency")
PRIORITY = SearchAttributeKey.for_keyword("Priority")
ATTENTION = SearchAttributeKey.for_keyword("Attention")
INCIDENT_NUMBER = SearchAttributeKey.for_int("IncidentNumber")

REGISTRY: tuple[SearchAttributeKey[Any], ...] = (
    PD_ACCOUNT,
    PD_INCIDENT,
    PD_SERVICE,
    TEAMS_TENANT,
    TEAMS_CONVERSATION,
    INCIDENT_STATUS,
    URGENCY,
    PRIORITY,
    ATTENTION,
    INCIDENT_NUMBER,
)


def typed(pairs: Mapping[SearchAttributeKey[Any], Any]) -> TypedSearchAttributes:
    """The attributes of a start, those without a value left out."""
    return TypedSearchAttributes(
        [SearchAttributePair(key, value) for key, value in pairs.items() if value is not None]
    )
