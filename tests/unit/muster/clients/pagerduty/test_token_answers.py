"""What counts as tokens in an answer of PagerDuty's token endpoint, and what their times are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from muster.clients.pagerduty.token_answers import Issued, issued
from workflows.errors import ProviderUnavailable

ANSWER = {
    "access_token": "pdus+_0new",
    "refresh_token": "pdus+_1new",
    "scope": "incidents.read incidents.write",
    "expires_in": 86400,
    "id_token": "e.y.J",
}
DATE = "Sun, 29 Nov 2026 02:09:17 GMT"
TOLD_AT = datetime(2026, 11, 29, 2, 9, 17, tzinfo=UTC)


def read(changes: dict[str, Any] | None = None, *, date: str | None = DATE, **grant: Any) -> Issued:
    body = {name: value for name, value in {**ANSWER, **(changes or {})}.items() if value is not ...}
    headers = {} if date is None else {"Date": date}
    return issued(httpx.Response(200, json=body, headers=headers), **grant)


def test_times_are_those_of_pagerdutys_clock() -> None:
    tokens, id_token = read()
    assert (tokens.access_token, tokens.refresh_token, id_token) == ("pdus+_0new", "pdus+_1new", "e.y.J")
    assert tokens.scopes == ("incidents.read", "incidents.write")
    assert (tokens.issued_at, tokens.expires_at) == (TOLD_AT, TOLD_AT + timedelta(days=1))


@pytest.mark.parametrize("date", [None, "", "yesterday", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_answer_that_tells_no_usable_time_was_given_now(date: str | None) -> None:
    before = datetime.now(UTC)
    assert before <= read(date=date).tokens.issued_at <= datetime.now(UTC)


def test_what_a_refresh_does_not_name_stays() -> None:
    tokens, id_token = read(
        {"refresh_token": ..., "scope": ..., "id_token": ...}, refresh_token="kept", scopes=("users.read",)
    )
    assert (tokens.refresh_token, tokens.scopes, id_token) == ("kept", ("users.read",), "")


def test_fewer_scopes_than_before_are_kept_as_told() -> None:
    assert read({"scope": "openid"}, refresh_token="kept", scopes=("users.read",)).tokens.scopes == (
        "openid",
    )


def test_a_life_of_ages_ends_with_the_authorization() -> None:
    assert read({"expires_in": 1e300}).tokens.expires_at == TOLD_AT + timedelta(days=400)


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": ...},
        {"access_token": ""},
        {"access_token": ["pdus+_0new"]},
        {"access_token": "pdus+_0new\r\nHost: elsewhere"},
        {"refresh_token": ...},
        {"expires_in": ...},
        {"expires_in": 0},
        {"expires_in": -1},
        {"expires_in": "soon"},
    ],
)
def test_an_answer_without_usable_tokens_breaks_the_contract_and_quotes_nothing(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(ProviderUnavailable, match="broke its contract") as failed:
        read(changes)
    assert "pdus" not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"access_token": NaN', b"\xff"])
def test_what_is_no_object_breaks_the_contract(content: bytes) -> None:
    with pytest.raises(ProviderUnavailable, match="broke its contract"):
        issued(httpx.Response(200, content=content))
