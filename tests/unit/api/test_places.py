"""Places: how many are served at once, in which order, and who is turned away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable

import pytest

from api.bot.places import Crowded, Places

pytestmark = pytest.mark.anyio

LONG = 60.0

CrowdOf = Callable[[int, int], "Crowd"]


class Crowd:
    """People with a place, and those who wait for one."""

    def __init__(self, total: int, each: int) -> None:
        self.places = Places(total, each)
        self.served: list[str] = []
        """In the order in which they got their place."""
        self._leaves: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def comes(self, name: str, card: Hashable = "card", *, patience: float = LONG) -> None:
        """Somebody presses."""
        answer_by = asyncio.get_running_loop().time() + patience
        self._leaves[name] = asyncio.Event()
        self._tasks[name] = task = asyncio.create_task(self._click(name, card, answer_by))
        # Read whoever is turned away and whom no test asks for: another test would be told of it.
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        await let_run()

    async def leaves(self, *names: str) -> None:
        """Somebody's answer is there."""
        for name in names:
            self._leaves[name].set()
            await self._tasks[name]
        await let_run()

    async def is_turned_away(self, name: str) -> bool:
        """Whether they were; waits until it is decided."""
        try:
            await asyncio.wait_for(asyncio.shield(self._tasks[name]), 5)
        except Crowded:
            return True
        return False

    def hangs_up(self, name: str) -> None:
        self._tasks[name].cancel()

    async def goes_home(self) -> None:
        """Nobody is left who waits: a task that is collected later fails another test."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _click(self, name: str, card: Hashable, answer_by: float) -> None:
        async with self.places.one(card, answer_by=answer_by):
            self.served.append(name)
            await self._leaves[name].wait()


@pytest.fixture
async def crowd_of() -> AsyncIterator[CrowdOf]:
    """``crowd_of(total, each)``: so many places, and so many for each card."""
    crowds: list[Crowd] = []

    def made(total: int, each: int) -> Crowd:
        crowds.append(Crowd(total, each))
        return crowds[-1]

    yield made
    for crowd in crowds:
        await crowd.goes_home()


async def let_run() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_card_takes_so_many_places_and_another_card_the_rest(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(3, 2)
    for name in ("a1", "a2", "a3"):
        await crowd.comes(name, "a")
    for name in ("b1", "b2"):
        await crowd.comes(name, "b")
    assert crowd.served == ["a1", "a2", "b1"]


async def test_whoever_waits_is_served_in_order(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(1, 1)
    for name in ("first", "second", "third"):
        await crowd.comes(name)
    await crowd.leaves("first", "second")
    assert crowd.served == ["first", "second", "third"]


async def test_the_cards_take_turns(crowd_of: CrowdOf) -> None:
    """Otherwise whoever presses on a quiet card waits for the whole crowd on another one."""
    crowd = crowd_of(1, 1)
    for name in ("a1", "a2", "a3"):
        await crowd.comes(name, "a")
    for name in ("b1", "c1"):
        await crowd.comes(name, name[0])
    await crowd.leaves("a1", "a2", "b1", "c1")
    assert crowd.served == ["a1", "a2", "b1", "c1", "a3"]


async def test_nobody_passes_by_those_who_wait_at_the_same_card(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(2, 1)
    await crowd.comes("first")
    await crowd.comes("second")
    crowd._leaves["first"].set()
    await crowd.comes("third")
    assert crowd.served == ["first", "second"]


async def test_whoever_cannot_be_served_in_time_is_turned_away(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(1, 1)
    await crowd.comes("slow")
    await crowd.comes("late", patience=0.7)
    assert await crowd.is_turned_away("late")
    await crowd.leaves("slow")
    await crowd.comes("next")
    assert crowd.served == ["slow", "next"]


async def test_whoever_has_waited_too_long_elsewhere_gets_no_place(crowd_of: CrowdOf) -> None:
    """A busy event loop reads late what arrived long ago."""
    crowd = crowd_of(1, 1)
    await crowd.comes("late", patience=0.5)
    assert await crowd.is_turned_away("late")


async def test_whoever_comes_when_the_wait_is_too_long_is_turned_away_at_once(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(1, 1)
    await crowd.comes("slow")
    await asyncio.sleep(0.3)
    await crowd.leaves("slow")  # a place is expected to be taken for some 60 ms now
    for number in range(20):
        await crowd.comes(f"{number}", patience=0.9)
    before = asyncio.get_running_loop().time()
    assert await crowd.is_turned_away("19")
    assert asyncio.get_running_loop().time() - before < 0.5
    assert crowd.served == ["slow", "0"]


async def test_somebody_who_hangs_up_while_they_wait_takes_no_place(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(1, 1)
    for name in ("first", "gone", "next"):
        await crowd.comes(name)
    crowd.hangs_up("gone")
    await crowd.leaves("first")
    assert crowd.served == ["first", "next"]


async def test_somebody_who_hangs_up_as_they_get_a_place_gives_it_back(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(1, 1)
    first = crowd.places.one("card", answer_by=asyncio.get_running_loop().time() + LONG)
    await first.__aenter__()
    for name in ("gone", "next"):
        await crowd.comes(name)
    await first.__aexit__(None, None, None)  # the place is given, and its owner has not run yet
    crowd.hangs_up("gone")
    await let_run()
    assert crowd.served == ["next"]


async def test_somebody_who_hangs_up_as_they_are_turned_away_gives_back_nothing(crowd_of: CrowdOf) -> None:
    crowd = crowd_of(1, 1)
    await crowd.comes("first")
    await crowd.comes("late", patience=0.65)
    await asyncio.sleep(0.1)  # turned away, in the same turn of the loop as they hang up
    crowd.hangs_up("late")
    await crowd.leaves("first")
    for name in ("second", "third"):
        await crowd.comes(name)
    assert crowd.served == ["first", "second"]


async def test_a_failure_gives_the_place_back() -> None:
    places = Places(1, 1)
    answer_by = asyncio.get_running_loop().time() + LONG
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            async with places.one("card", answer_by=answer_by):
                raise ValueError("broken")
