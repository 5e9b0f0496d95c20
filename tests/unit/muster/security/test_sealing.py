"""Sealed values: opened by the right key in the right place, and by nothing else."""

import base64

import pytest

from muster.security.sealing import KeyRing, Place, SealBroken

PLACE = Place("user_link", "tenant/ada/acme", "access_token")
SECRET = "pdus+_0very-secret-token"
OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def ring(text: str) -> KeyRing:
    return KeyRing.parse(text)


def test_what_is_sealed_opens_again() -> None:
    keys = ring(f"k1:{OLD}")
    assert keys.open(keys.seal(SECRET, PLACE), PLACE) == SECRET


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    keys = ring(f"k1:{OLD}")
    assert keys.seal(SECRET, PLACE) != keys.seal(SECRET, PLACE)


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    sealed_before = ring(f"k1:{OLD}").seal(SECRET, PLACE)
    rotated = ring(f"k2:{NEW},k1:{OLD}")
    assert rotated.open(sealed_before, PLACE) == SECRET
    assert ring(f"k2:{NEW}").open(rotated.seal(SECRET, PLACE), PLACE) == SECRET


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("webhook_subscription", PLACE.row, PLACE.column),
        Place(PLACE.table, "tenant/bo/acme", PLACE.column),
        Place(PLACE.table, PLACE.row, "refresh_token"),
    ],
)
def test_a_value_copied_elsewhere_does_not_open(elsewhere: Place) -> None:
    keys = ring(f"k1:{OLD}")
    with pytest.raises(SealBroken, match="does not open here"):
        keys.open(keys.seal(SECRET, PLACE), elsewhere)


def test_a_value_whose_key_is_gone_does_not_open() -> None:
    sealed = ring(f"k1:{OLD}").seal(SECRET, PLACE)
    with pytest.raises(SealBroken, match=r"no key for user_link\.access_token"):
        ring(f"k2:{NEW}").open(sealed, PLACE)


def test_another_key_under_the_same_name_does_not_open() -> None:
    sealed = ring(f"k1:{OLD}").seal(SECRET, PLACE)
    with pytest.raises(SealBroken):
        ring(f"k1:{NEW}").open(sealed, PLACE)


@pytest.mark.parametrize("place", range(3, 40, 6))
def test_one_changed_byte_is_noticed(place: int) -> None:
    keys = ring(f"k1:{OLD}")
    sealed = bytearray(keys.seal(SECRET, PLACE))
    sealed[place] ^= 1
    with pytest.raises(SealBroken):
        keys.open(bytes(sealed), PLACE)


@pytest.mark.parametrize("length", range(0, 20, 3))
def test_a_value_that_was_cut_off_does_not_open(length: int) -> None:
    keys = ring(f"k1:{OLD}")
    with pytest.raises(SealBroken):
        keys.open(keys.seal(SECRET, PLACE)[:length], PLACE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "k1",
        "k1:",
        f":{OLD}",
        f"k1:{OLD[:-2]}",
        f"k1:{OLD}x",
        "k1:c2hvcnQ=",
        "k1:é",
        f"k1:{OLD},k2:{OLD[1:]}",
        f"k1:{OLD},k1:{NEW}",
        f"{'k' * 256}:{OLD}",
    ],
)
def test_a_ring_that_is_wrong_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="MUSTER_KEYS") as refused:
        ring(text)
    told = str(refused.value)
    assert OLD[:8] not in told
    assert refused.value.__cause__ is None


def test_keys_are_not_shown() -> None:
    keys = ring(f"k1:{OLD}")
    assert OLD not in repr(keys)
    assert str(keys.keys["k1"]) not in repr(keys)
    with pytest.raises(SealBroken) as broken:
        keys.open(keys.seal(SECRET, PLACE), Place("a", "b", "c"))
    assert SECRET not in str(broken.value)
    assert broken.value.__cause__ is None
