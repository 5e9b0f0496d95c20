"""What cannot be read strictly is read leniently; what is damaged inside a text stays in it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.lenient_json import read_json

texts = st.text(st.characters(exclude_categories=()), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (rb'{"a": "cut \ud83d"}', {"a": "cut \ud83d"}),
        (rb'{"a": "\ude00 \ud83d"}', {"a": "\ude00 \ud83d"}),
        (rb'{"a": "\ud83d\ude00", "b": "\ud83d"}', {"a": "😀", "b": "\ud83d"}),
        (b'{"a": "caf\xe9"}', {"a": "caf�"}),
        (b'{"a": "\xed\xa0\xbd"}', {"a": "���"}),
        (b'{"a": "x\x00\x07\ny"}', {"a": "x\x00\x07\ny"}),
        (b'\x00{"a":\x0b 1}\x00\n', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": NaN, "b": [Infinity, -Infinity], "c": 1e999}', {"a": None, "b": [None, None], "c": None}),
        (rb'{"a": "\x41", "b": "\u12"}', {"a": "�x41", "b": "�u12"}),
        (b'{"a": ' + b"9" * 5000 + b', "b": "\x01"}', {"a": None, "b": "\x01"}),
        (b'{"a": ' + b"[" * 9000 + b"]" * 9000 + b', "b": {"c": "}"}}', None),
        (b'{"a": 1, "a": 2, "b": "\x01"}', {"a": 2, "b": "\x01"}),
    ],
)  # fmt: skip
def test_what_is_damaged_is_read(raw: bytes, value: Any) -> None:
    found = read_json(raw)
    if value is None:
        assert found["b"] == {"c": "}"}
    else:
        assert found == value


@pytest.mark.parametrize("body", ["{}", '{"a":' * 3000 + "1" + "}" * 3000, "[" * 200 + '"\x00]"' + "]" * 200])
def test_however_deep_something_lies_the_rest_is_read(body: str) -> None:
    assert read_json(b'{"deep": ' + body.encode() + b', "title": "Checkout"}')["title"] == "Checkout"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"a": 1', b'{"a": "1}', b"[" * 5000, b"]" * 5000, b'"\\', b'{"a": "\\"}', b"\xff"],
)  # fmt: skip
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        read_json(raw)


@given(values)
def test_sound_json_with_any_text_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        found = read_json(raw)
    except ValueError:
        return
    assert not isinstance(found, float) or math.isfinite(found)
