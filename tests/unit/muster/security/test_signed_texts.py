"""A signed text: known again as it was written, by its own purpose alone."""

import base64

import pytest

from muster.security.sealing import KeyRing
from muster.security.signed_texts import SignedTexts

OLD, NEW = ("old:" + base64.b64encode(b"o" * 32).decode(), "new:" + base64.b64encode(b"n" * 32).decode())
TEXT = '{"title":"Ünïcode … 🔴. a.b"}'


def texts(*keys: str, purpose: str = "test") -> SignedTexts:
    return SignedTexts(KeyRing.parse(",".join(keys)), purpose)


@pytest.mark.parametrize("text", ["", ".", TEXT, "x" * 20_000])
def test_a_text_comes_back_as_it_was_signed(text: str) -> None:
    assert texts(OLD).text_of(texts(OLD).signed(text)) == text
    assert texts(NEW, OLD).text_of(texts(OLD).signed(text)) == text, "a rotated ring knows older ones"


def test_what_one_purpose_signed_is_nothing_to_another() -> None:
    signed = texts(OLD).signed(TEXT)
    assert texts(OLD, purpose="another").text_of(signed) is None
    assert texts(NEW).text_of(signed) is None


def test_nothing_else_is_a_signed_text() -> None:
    signed = texts(OLD).signed(TEXT)
    text, _, signature = signed.rpartition(".")
    others = [
        "",
        ".",
        text,
        signature,
        f"{text}.",
        f".{signature}",
        f"{signed}=",
        f"{signed}\n",
        "\ud800",
        "é.é",
    ]
    others += [signed[:at] + "A" + signed[at + 1 :] for at in range(len(signed)) if signed[at] != "A"]
    assert [other for other in others if texts(OLD).text_of(other) is not None] == []
