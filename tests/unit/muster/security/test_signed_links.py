"""The token of a link: the same from every process, known by an older key, and nobody else's."""

import base64

import pytest

from muster.security.sealing import KeyRing
from muster.security.signed_links import SignedLinks, link_path, link_url

OLD, NEW = ("old:" + base64.b64encode(b"o" * 32).decode(), "new:" + base64.b64encode(b"n" * 32).decode())


def links(*keys: str) -> SignedLinks:
    return SignedLinks(KeyRing.parse(",".join(keys)))


@pytest.mark.parametrize("id", [1, 42, 2**63 - 1])
def test_every_process_draws_the_same_token_and_knows_it(id: int) -> None:
    token = links(OLD).token(id)
    assert token == links(OLD).token(id)
    assert links(OLD).offer_of(token) == id


def test_a_rotated_ring_knows_older_tokens_and_draws_new_ones() -> None:
    token = links(OLD).token(42)
    assert links(NEW, OLD).offer_of(token) == 42
    assert links(NEW, OLD).token(42) != token
    assert links(OLD, NEW).offer_of(links(NEW, OLD).token(42)) == 42
    assert links(NEW).offer_of(token) is None


def test_any_other_text_is_no_token() -> None:
    token = links(OLD).token(42)
    id, _, signature = token.partition(".")
    others = [
        token[:at] + other + token[at + 1 :]
        for at in range(len(token))
        for other in "A5.x"
        if token[at] != other
    ]
    others += [token[:at] for at in range(len(token))]
    others += [f"43.{signature}", f"042.{signature}", f" {token}", f"{token}=", f"{token}\n", token + "A"]
    others += ["", ".", "..", "é", "\ud800", "0" * 10_000, f"{id}.", f".{signature}"]
    assert [text for text in others if links(OLD).offer_of(text) is not None] == []


def test_the_key_that_signs_is_not_the_one_that_seals() -> None:
    from itsdangerous import Signer

    ring = KeyRing.parse(OLD)
    assert Signer(ring.keys["old"], key_derivation="none").sign("42").decode() != SignedLinks(ring).token(42)


def test_a_link_stands_below_the_public_address() -> None:
    assert link_url("https://muster.example/", "t") == "https://muster.example/l/t"
    assert link_path("https://muster.example/below", "t") == "/below/l/t"
