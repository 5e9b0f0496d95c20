"""PagerDuty's REST API as PagerDuty describes it."""

from functools import cache
from typing import Any

from tests.schemas import structure
from tests.schemas.dialects import OpenApi3
from tests.schemas.exchange import Exchange
from tools.schemas.originals import REST

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "code", "errors"],
            "properties": {"message": {"type": "string", "minLength": 1}},
        }
    },
}
"""What the guide to errors promises; the schema describes the same and requires nothing of it."""

_NUMBER = "^[0-9]+$"
_RATE_LIMIT = {
    "type": "object",
    "required": ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
    "properties": {
        "ratelimit-limit": {"pattern": _NUMBER},
        "ratelimit-remaining": {"pattern": _NUMBER},
        "ratelimit-reset": {"pattern": "^([0-9]|[1-5][0-9]|60)$"},
    },
}
"""Headers of every answer, from the guide to rate limits; a window has a minute."""
_LIMIT_REACHED = {"properties": {"ratelimit-remaining": {"enum": ["0"]}}}


class RestApi(OpenApi3):
    """PagerDuty's description of its REST API, made usable."""

    def __init__(self) -> None:
        description = structure(REST)
        _mend(description["components"]["schemas"])
        super().__init__(description)

    def check_answer(self, exchange: Exchange) -> None:
        """Fail unless the answer is as described, and as PagerDuty's guides say of all answers."""
        super().check_answer(exchange)
        self._validate(_RATE_LIMIT, dict(exchange.answer_headers), str(exchange))
        if exchange.status >= 400:
            self._validate(_ERROR, exchange.answered, str(exchange))
        if exchange.status == 429:
            self._validate(_LIMIT_REACHED, dict(exchange.answer_headers), str(exchange))

    def scope_of(self, exchange: Exchange) -> str:
        """The OAuth scope that a token needs for this call."""
        scope: str = self._at(self.operation_of(exchange).place)["x-pd-requires-scope"]
        return scope

    def _mended(self, answer: Any) -> Any:
        """Without nulls, which the schema's own texts and examples have where its types lack ``nullable``."""
        return _without_nulls(answer)


@cache
def rest_api() -> RestApi:
    """The description, read once."""
    return RestApi()


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
    schemas["CursorPagination"]["required"].remove("next_cursor")  # likewise
    steps = schemas["IncidentWorkflow"]["allOf"][1]["properties"]["steps"]
    while steps:
        action = steps["items"]["allOf"][1]["properties"]["action_configuration"]["properties"]
        action["outputs"]["items"]["required"].remove("value")  # which outputs have not
        inside = action.get("inline_steps_inputs")
        steps = inside and inside["items"]["properties"]["value"]["properties"]["steps"]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
