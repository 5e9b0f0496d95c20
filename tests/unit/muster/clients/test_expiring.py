"""Tokens and keys: fetched once, renewed before their end, replaced when rejected."""

import asyncio

import pytest

from muster.clients.expiring import Expiring, ExpiringCache
from workflows.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio


class Source:
    """Gives ``key-1``, ``key-2``, … once its gate is open, each living 100 s of its own clock."""

    def __init__(self):
        self.fetches = 0
        self.now = 0.0
        self.failing = False
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.ended: asyncio.Queue[int] = asyncio.Queue()
        self.cache = ExpiringCache(self._fetch, clock=lambda: self.now)

    async def _fetch(self, key):
        self.fetches += 1
        number = self.fetches
        self.begun.set()
        await self.gate.wait()
        self.ended.put_nowait(number)
        if self.failing:
            raise ProviderUnavailable("down")
        return Expiring(f"{key}-{number}", 100)

    async def fetched(self, number):
        """Wait until that fetch has ended."""
        while await self.ended.get() != number:
            continue


@pytest.fixture
async def source():
    return Source()


async def test_one_fetch_serves_everybody_who_asks_meanwhile(source):
    source.gate.clear()
    asking = [asyncio.create_task(source.cache.get("a")) for _ in range(20)]
    await source.begun.wait()
    source.gate.set()
    assert set(await asyncio.gather(*asking)) == {"a-1"}
    assert await source.cache.get("a") == "a-1"
    assert source.fetches == 1


async def test_keys_are_independent(source):
    assert await source.cache.get("a") == "a-1"
    assert await source.cache.get("b") == "b-2"


async def test_a_caller_that_gives_up_does_not_take_the_fetch_with_it(source):
    source.gate.clear()
    first, second = (asyncio.create_task(source.cache.get("a")) for _ in range(2))
    await source.begun.wait()
    first.cancel()
    source.gate.set()
    assert await second == "a-1"
    assert first.cancelled()


async def test_from_80_percent_of_its_life_a_value_is_renewed_while_it_serves(source):
    await source.cache.get("a")
    source.now = 79
    await source.cache.get("a")
    assert source.fetches == 1
    source.now = 80
    assert await source.cache.get("a") == "a-1"
    await source.fetched(2)
    assert await source.cache.get("a") == "a-2"


async def test_a_failed_renewal_leaves_the_good_value_and_waits_before_the_next(source):
    await source.cache.get("a")
    source.now, source.failing = 80, True
    assert await source.cache.get("a") == "a-1"
    await source.fetched(2)
    assert await source.cache.get("a") == "a-1"
    assert source.fetches == 2
    source.now, source.failing = 110, False
    assert await source.cache.get("a") == "a-3"


async def test_an_ended_value_is_never_given_out(source):
    await source.cache.get("a")
    source.now, source.failing = 100, True
    with pytest.raises(ProviderUnavailable):
        await source.cache.get("a")
    source.failing = False
    assert await source.cache.get("a") == "a-3"


async def test_a_rejected_value_is_replaced_once_for_all_who_were_rejected(source):
    await source.cache.get("a")
    assert await asyncio.gather(*(source.cache.renew("a", "a-1") for _ in range(5))) == ["a-2"] * 5
    assert await source.cache.renew("a", "a-1") == "a-2"
    assert source.fetches == 2
