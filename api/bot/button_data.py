"""What buttons of cards that are no incident's carry, read strictly: anybody can send a button's data.

Each raises ``ActionMalformed`` for what is there and cannot be one, and gives ``None`` for what is not there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from api.bot.card_actions import ActionMalformed
from muster.cards.setup.sentences import INCOMPLETE_BUTTON
from muster.identifiers import subdomain_of
from muster.service_addresses import service_id
from muster.values import NAME, one_line, teams_identifier


def team_in(data: Mapping[str, Any]) -> str | None:
    """The team's thread id."""
    return _read(data.get("team"), teams_identifier)


def notice_in(data: Mapping[str, Any]) -> str | None:
    """The name of the message: ``installer/2``."""
    return _read(data.get("notice"), _name)


def account_in(data: Mapping[str, Any]) -> str | None:
    """The PagerDuty account, in small letters."""
    return _read(data.get("account"), subdomain_of)


def service_id_in(data: Mapping[str, Any]) -> str | None:
    """PagerDuty's id of a service."""
    return _read(data.get("service"), service_id)


def _read(value: Any, read: Callable[[Any], str | None]) -> str | None:
    if value is None:
        return None
    found = read(value)
    if found is None:
        raise ActionMalformed(INCOMPLETE_BUTTON)
    return found


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value and one_line(value, NAME) == value else None
