"""PagerDuty's webhook signature, against its published test vectors."""

import pytest

from api.webhooks import signature
from api.webhooks.signature import SignatureMalformed, matches

BODY = (
    b'{"event":{"id":"01TEST","event_type":"pagey.ping","resource_type":"pagey",'
    b'"occurred_at":"2026-01-01T00:00:00.000Z","agent":null,"client":null,'
    b'"data":{"message":"hi","type":"ping"}}}'
)
OLD, OLD_SIGNATURE = "s3cr3t-old", "ffc69ae985d3c6a64f13f21feb6468253313ddf0244b678e7d7c6d79eafaa605"
NEW, NEW_SIGNATURE = "s3cr3t-new", "2f8be37e779214118f73fd62f4674544832cc58041def95f4030b72760040cd4"


def test_the_vectors_are_for_this_body():
    assert len(BODY) == 181


@pytest.mark.parametrize(
    "header",
    [
        f"v1={NEW_SIGNATURE}",
        f"v1={OLD_SIGNATURE},v1={NEW_SIGNATURE}",
        f"v1={NEW_SIGNATURE},v1={OLD_SIGNATURE}",
        f"v1={OLD_SIGNATURE},  v1={NEW_SIGNATURE} ",
        f"v2={OLD_SIGNATURE},v1={NEW_SIGNATURE}",
        f"garbage,,v1={NEW_SIGNATURE}",
        f"v1={NEW_SIGNATURE.upper()}",
    ],
)
def test_any_v1_value_may_match(header):
    assert matches(header, BODY, [NEW])


@pytest.mark.parametrize("signature", [OLD_SIGNATURE, NEW_SIGNATURE])
def test_any_secret_may_match_while_one_is_rotated(signature):
    assert matches(f"v1={signature}", BODY, [NEW, OLD])


@pytest.mark.parametrize(
    "header",
    [
        "v1=",
        f"v1={OLD_SIGNATURE}",
        f"v1={NEW_SIGNATURE[:-1]}",
        f"v1={NEW_SIGNATURE};v1={NEW_SIGNATURE}",
        f"v1={OLD_SIGNATURE},v2={NEW_SIGNATURE}",
        "v1=é" + NEW_SIGNATURE[1:],
    ],
)
def test_any_other_v1_value_does_not_match(header):
    assert not matches(header, BODY, [NEW])


@pytest.mark.parametrize(
    "header", ["", "v1", NEW_SIGNATURE, f"v2={NEW_SIGNATURE}", f"V1={NEW_SIGNATURE}", f"v11={NEW_SIGNATURE}"]
)
def test_a_header_without_a_v1_value_is_malformed(header):
    with pytest.raises(SignatureMalformed):
        matches(header, BODY, [NEW])


def test_another_body_does_not_match():
    assert not matches(f"v1={NEW_SIGNATURE}", BODY + b"\n", [NEW])


def test_without_a_secret_nothing_matches():
    assert not matches(f"v1={NEW_SIGNATURE}", BODY, [])


def test_a_body_is_signed_once_for_each_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values the header has: a large body with thousands of them would stop everybody else."""
    signed: list[str] = []
    sign = signature._sign

    def counted(body: bytes, secret: str) -> bytes:
        signed.append(secret)
        return sign(body, secret)

    monkeypatch.setattr(signature, "_sign", counted)
    assert not matches(",".join(["v1=00"] * 10_000), BODY, [NEW, OLD])
    assert signed == [NEW, OLD]
