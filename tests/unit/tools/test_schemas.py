"""Extracts of published schemas: all that validates, nothing that is for readers."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.schemas import extract, structure
from tests.schemas.api import Api, NotAsDescribed
from tests.schemas.dialects import OpenApi3, Swagger2
from tests.schemas.exchange import Exchange
from tests.schemas.pagerduty import rest_api
from tools.schemas.calls import LEFT_OUT, METHODS, NoSuchCall
from tools.schemas.extract import NotNames, extract_of
from tools.schemas.originals import ORIGINALS, REST, Original
from tools.schemas.references import BrokenReference
from tools.schemas.structure import UnknownKeyword

PUBLISHED = "https://notes.example/schema"
SAID = "A sentence for those who read."
JSON = {"content-type": "application/json"}


def answer(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"description": SAID, "content": {"application/json": {"schema": schema, **more}}}


def to(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{name}"}


NOTE = {
    "description": SAID,
    "allOf": [
        to("schemas", "Named"),
        {
            "type": "object",
            "properties": {
                "description": {"type": "string", "maxLength": 5, "description": SAID, "example": SAID},
                "example": {"type": "integer", "minimum": 1, "default": 3},
                "tags": {"type": "array", "items": {"enum": ["a b c d", "e"]}, "uniqueItems": True},
                "replies": {"type": "array", "items": to("schemas", "Note"), "title": SAID},
                "code": {"$ref": "#/components/responses/Error/content/application~1json/schema"},
                "value": {"oneOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"type": "boolean"}]},
            },
            "additionalProperties": False,
            "required": ["description"],
        },
    ],
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.2",
    "info": {"title": SAID, "version": "1", "description": SAID},
    "servers": [{"url": "https://notes.example", "description": SAID}],
    "tags": [{"name": "Notes", "description": SAID}],
    "paths": {
        "/audits": {
            "parameters": [to("parameters", "unused")],
            "get": {"responses": {"200": answer(to("schemas", "Unused")), "410": to("responses", "Error")}},
        },
        "/notes": {
            "put": {
                "responses": {
                    "404": answer(to("schemas", "Conflict")),
                    "409": answer(to("schemas", "Conflict")),
                },
            },
            "post": {
                "requestBody": {"description": SAID, "required": True, **answer(to("schemas", "Note"))},
                "responses": {"201": answer(to("schemas", "Note"))},
            },
        },
        "/notes/latest": {"get": {"summary": SAID, "responses": {"200": answer(to("schemas", "Note"))}}},
        "/notes/{id}": {
            "summary": SAID,
            "parameters": [to("parameters", "id")],
            "get": {
                "operationId": "getNote",
                "x-pd-requires-scope": "notes.read",
                "x-told": SAID,
                "tags": ["Notes"],
                "description": SAID,
                "parameters": [
                    {
                        "name": "include[]",
                        "in": "query",
                        "description": SAID,
                        "explode": True,
                        "schema": {"type": "array", "items": {"type": "string", "enum": ["replies"]}},
                    },
                ],
                "responses": {"200": answer(to("schemas", "Note"), examples={"one": {"value": SAID}})},
            },
            "delete": {
                "parameters": [to("parameters", "unused")],
                "responses": {"204": {"description": SAID}, "404": to("responses", "Error")},
            },
        },
    },
    "components": {
        "examples": {"note": {"summary": SAID, "value": {"kinds": ["note.made", "note.read"]}}},
        "parameters": {
            "id": {
                "name": "id",
                "in": "path",
                "required": True,
                "description": SAID,
                "schema": {"type": "string"},
            },
            "unused": {"name": "unused", "in": "query", "schema": {"type": "string"}},
        },
        "responses": {"Error": answer({"type": "object", "required": ["error"], "description": SAID})},
        "schemas": {
            "Note": NOTE,
            "Named": {"properties": {"title": {"type": "string", "nullable": True, "title": SAID}}},
            "Conflict": {"required": ["conflict"], "externalDocs": {"description": SAID}},
            "Unused": {"type": "object", "description": SAID},
        },
    },
}
NOTES = Original(
    file="notes/notes.openapi.json",
    name="Notes",
    published=PUBLISHED,
    calls=("GET /notes/{id}", "POST /notes"),
    names={"event types": "/components/examples/note/value/kinds"},
)


def content_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


EXPECTED = {
    "openapi": "3.0.2",
    "paths": {
        "/audits": {"get": {LEFT_OUT: True, "responses": {"410": to("responses", "Error")}}},
        "/notes": {
            "put": {
                LEFT_OUT: True,
                "responses": {
                    "404": content_of(to("schemas", "Conflict")),
                    "409": content_of(to("schemas", "Conflict")),
                },
            },
            "post": {
                "requestBody": {"required": True, **content_of(to("schemas", "Note"))},
                "responses": {"201": content_of(to("schemas", "Note"))},
            },
        },
        "/notes/latest": {"get": {LEFT_OUT: True, "responses": {}}},
        "/notes/{id}": {
            "parameters": [to("parameters", "id")],
            "get": {
                "x-pd-requires-scope": "notes.read",
                "parameters": [
                    {
                        "name": "include[]",
                        "in": "query",
                        "explode": True,
                        "schema": {"type": "array", "items": {"type": "string", "enum": ["replies"]}},
                    },
                ],
                "responses": {"200": content_of(to("schemas", "Note"))},
            },
            "delete": {LEFT_OUT: True, "responses": {"404": to("responses", "Error")}},
        },
    },
    "components": {
        "parameters": {
            "id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        },
        "responses": {"Error": content_of({"type": "object", "required": ["error"]})},
        "schemas": {
            "Note": {
                "allOf": [
                    to("schemas", "Named"),
                    {
                        "type": "object",
                        "properties": {
                            "description": {"type": "string", "maxLength": 5},
                            "example": {"type": "integer", "minimum": 1},
                            "tags": {
                                "type": "array",
                                "items": {"enum": ["a b c d", "e"]},
                                "uniqueItems": True,
                            },
                            "replies": {"type": "array", "items": to("schemas", "Note")},
                            "code": {"$ref": "#/components/responses/Error/content/application~1json/schema"},
                            "value": {
                                "oneOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"type": "boolean"}]
                            },
                        },
                        "additionalProperties": False,
                        "required": ["description"],
                    },
                ],
            },
            "Named": {"properties": {"title": {"type": "string", "nullable": True}}},
            "Conflict": {"required": ["conflict"]},
        },
    },
}


def extracted(document: dict[str, Any], original: Original = NOTES) -> dict[str, Any]:
    return extract_of(original, json.dumps(document).encode())


def in_order(value: Any) -> str:
    """The text, which tells the order of keys where a comparison of dicts does not."""
    return json.dumps(value, indent=1)


# A description of an interface


def test_the_extract_has_what_is_used_in_the_original_s_order_and_no_sentence() -> None:
    found = extracted(DOCUMENT)["structure"]
    assert in_order(found) == in_order(EXPECTED)
    assert SAID in json.dumps(DOCUMENT)
    assert SAID not in json.dumps(found)


def test_the_extract_tells_its_source() -> None:
    text = json.dumps(DOCUMENT).encode()
    assert extract_of(NOTES, text)["source"] == {
        "name": "Notes",
        "file": "notes/notes.openapi.json",
        "published": PUBLISHED,
        "version": "1",
        "sha256": hashlib.sha256(text).hexdigest(),
    }


def test_names_are_kept_where_no_enum_has_them() -> None:
    assert extracted(DOCUMENT)["names"] == {"event types": ["note.made", "note.read"]}


READ = Exchange(
    method="GET",
    path="/notes/N1",
    query=(("include[]", "replies"),),
    headers={},
    body=b"",
    status=200,
    answer_headers=JSON,
    answer=b"{}",
)
RIGHT: dict[str, Any] = {
    "description": "short",
    "example": 1,
    "tags": ["e"],
    "replies": [{"description": "again", "replies": []}],
    "code": {"error": 1},
    "value": "abc",
}
WRONG: list[dict[str, Any]] = [
    {},
    RIGHT | {"description": "too long"},
    RIGHT | {"description": None},
    RIGHT | {"example": 0},
    RIGHT | {"example": "1"},
    RIGHT | {"tags": ["e", "e"]},
    RIGHT | {"tags": [SAID]},
    RIGHT | {"replies": [{"description": "again", "replies": [{}]}]},
    RIGHT | {"code": {}},
    RIGHT | {"value": "ABC"},
    RIGHT | {"value": 1},
    RIGHT | {"more": 1},
]


def of_a_note(note: Any) -> Iterator[Exchange]:
    """A note on all its ways."""
    body = json.dumps(note).encode()
    yield replace(READ, answer=body)
    yield replace(
        READ, method="POST", path="/notes", query=(), headers=JSON, body=body, status=201, answer=body
    )


ERRORS = [
    replace(READ, status=status, answer=json.dumps(body).encode())
    for status in (404, 409, 410, 418)
    for body in ({"error": "x"}, {"conflict": "x"}, {})
]
QUERIES = [
    replace(READ, query=query)
    for query in ((), (("include[]", "all"),), (("unused", "x"),), (("include", "x"),))
]


def verdicts(api: Api, exchange: Exchange) -> tuple[bool, bool]:
    """Whether request and answer are as described."""
    said = []
    for check in (api.check_request, api.check_answer):
        try:
            check(exchange)
            said.append(True)
        except NotAsDescribed:
            said.append(False)
    return said[0], said[1]


BY_ORIGINAL = OpenApi3(DOCUMENT)
BY_EXTRACT = OpenApi3(extracted(DOCUMENT)["structure"])


def test_what_is_right_by_the_original_is_right_by_the_extract() -> None:
    for exchange in of_a_note(RIGHT):
        assert verdicts(BY_ORIGINAL, exchange) == (True, True)
        assert verdicts(BY_EXTRACT, exchange) == (True, True)


@pytest.mark.parametrize("note", WRONG)
def test_what_is_wrong_by_the_original_is_wrong_by_the_extract(note: dict[str, Any]) -> None:
    for exchange in of_a_note(note):
        verdict = verdicts(BY_ORIGINAL, exchange)
        assert verdict == (exchange.method == "GET", False)
        assert verdicts(BY_EXTRACT, exchange) == verdict


def test_errors_and_parameters_are_judged_as_by_the_original() -> None:
    expected = [verdicts(BY_ORIGINAL, exchange) for exchange in (*ERRORS, *QUERIES)]
    assert {answer for _, answer in expected} == {request for request, _ in expected} == {True, False}
    assert [verdicts(BY_EXTRACT, exchange) for exchange in (*ERRORS, *QUERIES)] == expected


def test_a_call_that_is_left_out_is_not_taken_for_a_used_one() -> None:
    for method, path in (("GET", "/notes/latest"), ("DELETE", "/notes/N1"), ("PUT", "/notes")):
        with pytest.raises(NotAsDescribed, match="no such call among the used ones"):
            BY_EXTRACT.check_request(replace(READ, method=method, path=path))


def test_an_error_of_a_call_that_is_left_out_keeps_its_media_types() -> None:
    """Swagger has them beside the answers."""
    document = {
        "swagger": "2.0",
        "info": {"title": SAID},
        "paths": {
            "/notes": {
                "get": {
                    "produces": ["application/json"],
                    "parameters": [{"name": "limit", "in": "query", "type": "integer", "description": SAID}],
                    "responses": {"200": {"description": SAID}},
                },
                "delete": {
                    "produces": ["application/json", "text/json"],
                    "responses": {"default": {"schema": {"$ref": "#/definitions/Error"}}},
                },
            },
        },
        "definitions": {"Error": {"required": ["error"]}, "Unused": {"description": SAID}},
    }
    found = extracted(
        document, Original(file="notes.json", name="Notes", published=PUBLISHED, calls=("GET /notes",))
    )["structure"]
    assert SAID not in json.dumps(found)
    assert found["definitions"].keys() == {"Error"}
    one = replace(READ, path="/notes", query=(("limit", "5"),), status=404)
    for exchange, verdict in (
        (replace(one, answer=b'{"error": 1}', answer_headers={"content-type": "text/json"}), (True, True)),
        (replace(one, answer=b'{"error": 1}', answer_headers={"content-type": "text/html"}), (True, False)),
        (replace(one, query=(("limit", "many"),)), (False, False)),
    ):
        assert verdicts(Swagger2(document), exchange) == verdict
        assert verdicts(Swagger2(found), exchange) == verdict


# A schema of a document

CARD = {
    "$schema": "http://json-schema.org/draft-06/schema#",
    "id": "http://cards.example/card.json",
    "title": SAID,
    "definitions": {
        "Card": {
            "description": SAID,
            "type": "object",
            "properties": {
                "version": {"type": "string", "version": "1.1", "features": [1], "examples": [SAID]},
                "description": {"description": SAID},
                "a/b": {"$ref": "#/definitions/a~1b"},
            },
            "patternProperties": {"^x-": {}, "^summary$": {"const": "s", "summary": SAID}},
            "dependencies": {"version": ["a/b"], "description": {"minProperties": 2, "title": SAID}},
            "not": {"required": ["title"], "deprecated": True},
        },
        "a/b": {"anyOf": [{"type": "null"}, {"items": [{"$ref": "#/definitions/Card"}, True]}]},
        "Unused": {"type": "object"},
    },
    "anyOf": [{"$ref": "#/definitions/Card", "description": SAID}],
}
CARD_S = Original(file="card.json", name="Card", published=PUBLISHED)


def test_a_schema_stays_whole_but_for_its_sentences_and_what_nothing_refers_to() -> None:
    assert in_order(extracted(CARD, CARD_S)["structure"]) == in_order(
        {
            "$schema": "http://json-schema.org/draft-06/schema#",
            "id": "http://cards.example/card.json",
            "definitions": {
                "Card": {
                    "type": "object",
                    "properties": {
                        "version": {"type": "string"},
                        "description": {},
                        "a/b": {"$ref": "#/definitions/a~1b"},
                    },
                    "patternProperties": {"^x-": {}, "^summary$": {"const": "s"}},
                    "dependencies": {"version": ["a/b"], "description": {"minProperties": 2}},
                    "not": {"required": ["title"]},
                },
                "a/b": {"anyOf": [{"type": "null"}, {"items": [{"$ref": "#/definitions/Card"}, True]}]},
            },
            "anyOf": [{"$ref": "#/definitions/Card"}],
        }
    )


# What a person must look at


def test_a_keyword_that_nobody_knows_ends_the_extraction() -> None:
    with pytest.raises(UnknownKeyword, match=r"#/properties/a: .* keyword unevaluatedProperties of a schema"):
        extracted({"properties": {"a": {"unevaluatedProperties": False}}}, CARD_S)


def test_a_used_call_that_the_original_does_not_have_is_named() -> None:
    with pytest.raises(NoSuchCall, match=re.escape("PUT /notes/{id}")):
        extracted(DOCUMENT, replace(NOTES, calls=("PUT /notes/{id}", "POST /notes")))


@pytest.mark.parametrize("reference", ["#/definitions/Nobody", "other.json#/definitions/Card"])
def test_a_reference_that_leads_nowhere_ends_the_extraction(reference: str) -> None:
    with pytest.raises(BrokenReference):
        extracted({"items": {"$ref": reference}}, CARD_S)


@pytest.mark.parametrize(
    "pointer", ["/info", "/tags", "/components/schemas/Note/allOf/1/properties/tags/items/enum"]
)
def test_names_that_are_none_end_the_extraction(pointer: str) -> None:
    with pytest.raises(NotNames):
        extracted(DOCUMENT, replace(NOTES, names={"tags": pointer}))


def make_schemas(folder: Path) -> str:
    """What the tool says at its end where it cannot write."""
    ended = subprocess.run(
        [sys.executable, "-m", "tools.schemas", "--from", str(folder)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_nothing_is_written_unless_every_original_is_there(tmp_path: Path) -> None:
    first = tmp_path / ORIGINALS[0].file
    first.parent.mkdir()
    first.write_text("{}")
    said = make_schemas(tmp_path)
    assert str(first) not in said
    for original in ORIGINALS[1:]:
        assert str(tmp_path / original.file) in said


def test_nothing_is_written_if_an_original_cannot_be_used(tmp_path: Path) -> None:
    for original in ORIGINALS:
        path = tmp_path / original.file
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"definitions": {}}' if not original.calls else '{"paths": {}}')
    assert "the original does not describe" in make_schemas(tmp_path)


# The committed extracts

every_extract = pytest.mark.parametrize("original", ORIGINALS, ids=lambda original: original.extract)


def texts(value: Any, *, within: str = "") -> Iterator[str]:
    """All texts, and names that are no pattern's."""
    if isinstance(value, dict):
        for key, one in value.items():
            if within != "patternProperties":
                yield key
            if key != "pattern":
                yield from texts(one, within=key)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


@every_extract
def test_an_extract_holds_no_sentence(original: Original) -> None:
    committed = extract(original)
    assert [text for text in texts([committed["structure"], committed["names"]]) if text.count(" ") > 1] == []


@every_extract
def test_an_extract_names_its_source(original: Original) -> None:
    source = extract(original)["source"]
    assert source["name"] == original.name
    assert source["file"] == original.file
    assert source["published"] == original.published
    assert len(bytes.fromhex(source["sha256"])) == 32


@every_extract
def test_an_extract_has_the_calls_that_are_said_to_be_used(original: Original) -> None:
    """Whoever changes ``originals`` writes the extracts anew."""
    described = {
        f"{method.upper()} {template}"
        for template, item in structure(original).get("paths", {}).items()
        for method, operation in item.items()
        if method in METHODS and LEFT_OUT not in operation
    }
    assert described == set(original.calls)
    assert extract(original)["names"].keys() == original.names.keys()


def test_a_request_that_the_extract_leaves_out_is_refused_in_words_that_say_where_to_add_it() -> None:
    """``/incidents/custom_fields`` is PagerDuty's, and no id of an incident."""
    assert "GET /incidents/custom_fields" not in REST.calls
    exchange = replace(READ, path="/incidents/custom_fields", query=())
    with pytest.raises(NotAsDescribed, match=r"no such call .*tools/schemas/originals\.py"):
        rest_api().check_request(exchange)
