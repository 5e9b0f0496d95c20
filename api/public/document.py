"""The OpenAPI document, made from the routes and their models."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from api.public.errors import errors
from api.public.route import READING

_FRAMEWORKS = ("HTTPValidationError", "ValidationError")
"""Models of FastAPI's answer to a wrong body, which nobody gets here."""
_OF_BODIES = (400, 413)


class DocumentedApp(FastAPI):
    """FastAPI, whose document names the errors that our routes have instead of its own."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for method, operation in _operations(document):
                _name_errors(operation, has_body=method.upper() not in READING)
            for model in _FRAMEWORKS:
                document["components"]["schemas"].pop(model, None)
        return self.openapi_schema or {}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from path.items()


def _name_errors(operation: dict[str, Any], *, has_body: bool) -> None:
    answers = operation["responses"]
    if any(model in str(answers.get("422")) for model in _FRAMEWORKS):
        del answers["422"]
    if has_body:
        for status, described in errors(*_OF_BODIES).items():
            answers.setdefault(str(status), _like(answers["401"], described["description"]))
    operation["responses"] = dict(sorted(answers.items()))


def _like(answer: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": answer["content"]}
