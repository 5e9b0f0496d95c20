"""PagerDuty's REST API as PagerDuty describes it."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

from tests.schemas import REFERENCE
from tests.schemas.dialects import OpenApi3
from tests.schemas.exchange import Exchange

_WINDOW = 60
"""Seconds in which a credential's requests are counted."""


class RestApi(OpenApi3):
    """PagerDuty's description of its REST API, made usable."""

    def __init__(self) -> None:
        description = json.loads((REFERENCE / "pagerduty" / "rest.openapi.json").read_text())
        _mend(description["components"]["schemas"])
        super().__init__(description)

    def check_answer(self, exchange: Exchange) -> None:
        """Fail unless the answer is as described, and as PagerDuty's guides say of all answers.

        Of errors the description requires nothing, of the rate limit it says nothing.
        """
        if exchange.answer:
            answered = json.dumps(_without_nulls(exchange.answered)).encode()
            super().check_answer(replace(exchange, answer=answered))
        else:
            super().check_answer(exchange)
        if exchange.status >= 400:
            error = exchange.answered["error"]
            assert isinstance(error["code"], int), exchange
            assert error["message"], exchange
            assert isinstance(error["errors"], list), exchange
        _check_rate_limit(exchange)

    def scope_of(self, exchange: Exchange) -> str:
        """The OAuth scope that a token needs for this call."""
        scope: str = self._at(self.operation_of(exchange).place)["x-pd-requires-scope"]
        return scope


@cache
def rest_api() -> RestApi:
    """The description, read once."""
    return RestApi()


def _check_rate_limit(exchange: Exchange) -> None:
    limit, remaining, reset = (
        int(exchange.answer_headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset")
    )
    assert 0 <= remaining < limit, exchange
    assert 0 <= reset <= _WINDOW, exchange
    assert (exchange.status != 429) or remaining == 0, exchange


def _mend(schemas: dict[str, Any]) -> None:
    """Take out what the schema refuses of its own examples."""
    del schemas["Channel"]["oneOf"]  # variants without required keys: a channel matches several of them
    kind = schemas["AcknowledgeLogEntry"]["allOf"][1]["properties"]["type"]
    kind["enum"] = ["acknowledge_log_entry"]  # its name in LogEntry
    field = schemas["CustomFieldsFieldValue"]
    # Each variant of a value is written as an object that holds the value.
    variants = [one["properties"]["value"] for one in field["properties"]["value"]["oneOf"]]
    field["properties"]["value"] = {"anyOf": variants}
    # Both can be null, and nulls are left out of what is checked.
    field["required"] = [name for name in field["required"] if name not in ("value", "description")]


def _without_nulls(value: Any) -> Any:
    """Without nulls, which the schema's own texts and examples have where its types lack ``nullable``."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
