"""Adaptive Cards as Microsoft describes version 1.5."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from tests.schemas import structure
from tools.schemas.originals import CARD


def check_card(card: Mapping[str, Any]) -> None:
    """Fail unless the card is valid; ``msteams``, Teams' own addition to a card, is unknown to the schema."""
    _validator().validate({name: value for name, value in card.items() if name != "msteams"})


@cache
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(structure(CARD))
