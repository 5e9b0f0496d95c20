"""A simulator's snapshot: written beside its work, in one step, for its owner's eyes, and not without end."""

import asyncio
import logging
import os
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from sandbox.clock import Clock
from sandbox.pagerduty import store as pagerduty
from sandbox.pagerduty.identity.model import AccessToken, Code, Delegation, RefreshToken, Session
from sandbox.pagerduty.model import Read, Webhook, Write
from sandbox.pagerduty.store import KEPT, Store
from sandbox.snapshot import SnapshotError, Snapshots, Taken, read_snapshot
from sandbox.teams import state as teams
from sandbox.teams.snapshot import KEPT_CALLS, KEPT_EDITS, NEWEST, take
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


class Piece(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str


class Small(BaseModel):
    """A state with one of everything that is written."""

    number: int = 0
    pieces: dict[str, Piece] = {}
    numbers: dict[str, dict[str, int]] = {}
    names: set[str] = set()
    ahead: timedelta = timedelta()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "state.json"


async def until(true: Callable[[], bool]) -> None:
    async def is_true() -> bool:
        return true()

    await eventually(is_true)


def of(state: Small) -> Callable[[], Taken]:
    return lambda: lambda: dict(state)


def put(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def content(file: Path) -> str | None:
    return file.read_text() if file.exists() else None


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


async def test_what_is_written_is_what_is_read(file: Path) -> None:
    state = Small(
        number=1,
        pieces={'a "b"': Piece(text="ü\n"), "c": Piece(text="")},
        numbers={"x": {"y": 1}, "z": {}},
        names={"n"},
        ahead=timedelta(seconds=1.5),
    )
    for one in (state, Small()):
        async with Snapshots(file, of(one)).running():
            pass
        assert read_snapshot(file, Small) == one


async def test_the_loop_goes_on_and_the_old_file_stays_until_the_new_one_is_whole(file: Path) -> None:
    put(file, "old")
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        begun.set()
        assert may_end.wait(10), "the loop did not go on"
        return {"number": 1}

    snapshots = Snapshots(file, lambda: slow)
    async with snapshots.running():
        snapshots.changed()
        await until(begun.is_set)
        assert content(file) == "old"
        may_end.set()
        await until(lambda: content(file) == '{"number":1,"ports":{}}')


async def test_a_burst_is_written_once_and_the_last_change_too(file: Path) -> None:
    state, taken = Small(), 0

    def take_small() -> Taken:
        nonlocal taken
        taken += 1
        return of(state)()

    snapshots = Snapshots(file, take_small)
    async with snapshots.running():
        for number in range(1, 101):
            state.number = number
            snapshots.changed()
            await asyncio.sleep(0)
        await until(file.exists)
        assert (read_snapshot(file, Small), taken) == (state, 1)
        state.number = 101
    assert (read_snapshot(file, Small), taken) == (state, 2)


async def test_addresses_of_the_sandbox_follow_its_ports_and_others_stay(file: Path) -> None:
    old, new = {"api": 8080, "pagerduty": 8092, "gone": 9000}, {"api": 8092, "pagerduty": 20001}
    texts = {
        "receiver": "http://127.0.0.1:8080/webhooks/pagerduty/acme",
        "link": "see [#4](http://localhost:8092/app/incidents/Q4), https://127.0.0.1:8080",
        "query": "https://teams.example/l?url=http%3A%2F%2F127.0.0.1%3A8092%2Fapp&next=HTTP://LOCALHOST:8080",
        "others": "http://127.0.0.1:80801 http://127.0.0.1:9000/ http://10.0.0.1:8080 8080 127.0.0.1:8080",
    }
    state = Small(pieces={name: Piece(text=text) for name, text in texts.items()})
    async with Snapshots(file, of(state), old).running():
        pass

    again = read_snapshot(file, Small, new)
    assert again is not None
    assert {name: piece.text for name, piece in again.pieces.items()} == {
        "receiver": "http://127.0.0.1:8092/webhooks/pagerduty/acme",
        "link": "see [#4](http://localhost:20001/app/incidents/Q4), https://127.0.0.1:8092",
        "query": "https://teams.example/l?url=http%3A%2F%2F127.0.0.1%3A20001%2Fapp&next=HTTP://LOCALHOST:8092",
        "others": texts["others"],
    }
    async with Snapshots(file, of(again), new).running():
        pass
    assert read_snapshot(file, Small, old) == state


async def test_only_the_owner_can_read_it_whatever_was_there(file: Path) -> None:
    left_over = file.with_name(".state.json.new")
    before = os.umask(0)
    try:
        put(file, "old")
        put(left_over, "half")
        async with Snapshots(file, of(Small())).running():
            pass
    finally:
        os.umask(before)
    assert mode(file) == 0o600
    assert content(left_over) is None


async def test_a_failed_write_is_logged_and_repeated(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_the_way = file.with_name(".state.json.new")
    in_the_way.mkdir(parents=True)
    snapshots = Snapshots(file, of(Small(number=1)))
    with caplog.at_level(logging.WARNING):
        async with snapshots.running():
            snapshots.changed()
            await until(lambda: bool(caplog.records))
            assert "the snapshot cannot be written" in caplog.text
            assert str(in_the_way) in caplog.text
            in_the_way.rmdir()
            await until(file.exists)


async def test_a_snapshot_that_can_never_be_written_delays_nothing(file: Path) -> None:
    file.with_name(".state.json.new").mkdir(parents=True)
    async with asyncio.timeout(5), Snapshots(file, of(Small())).running():
        pass
    assert content(file) is None


@pytest.mark.parametrize("damaged", ["", '{"number": "many"}', '{"number": 1'])
def test_a_damaged_file_is_named(file: Path, damaged: str) -> None:
    put(file, damaged)
    with pytest.raises(SnapshotError, match=f"{file} is not a snapshot of this simulator; remove it"):
        read_snapshot(file, Small)


async def test_without_a_file_nothing_is_read_or_written() -> None:
    def never() -> Taken:
        raise AssertionError

    snapshots = Snapshots(None, never)
    async with snapshots.running():
        snapshots.changed()
    assert read_snapshot(None, Small) is None


NOW = datetime.now(UTC)


def webhook(number: int, **changes: Any) -> Webhook:
    values = dict.fromkeys(("subscription", "event", "event_type"), "x") | {"id": f"w{number}", "body": ""}
    return Webhook.model_validate(values | {"incident": None, "created_at": NOW} | changes)


async def test_pagerduty_snapshot_keeps_the_newest_records_and_every_waiting_webhook(file: Path) -> None:
    store = Store(file, pagerduty.State, Clock())
    store.state.reads = [Read(at=NOW, path=f"/{n}", status=200) for n in range(KEPT + 1)]
    store.state.writes = [
        Write(at=NOW, method="PUT", path=f"/{n}", user=None, status=200, body={}) for n in range(KEPT + 1)
    ]
    webhooks = [webhook(0, state="waiting"), *(webhook(n, state="delivered") for n in range(1, KEPT + 2))]
    store.state.webhooks = {one.id: one for one in webhooks}
    async with store.snapshots.running():
        pass

    again = Store(file, pagerduty.State, Clock()).state
    assert again.reads == store.state.reads[1:]
    assert again.writes == store.state.writes[1:]
    assert [*again.webhooks] == ["w0", *(f"w{n}" for n in range(2, KEPT + 2))]


async def test_pagerduty_snapshot_keeps_what_can_still_be_used(file: Path) -> None:
    store = Store(file, pagerduty.State, Clock())
    for name, end in (("good", NOW + timedelta(hours=1)), ("ended", NOW - timedelta(hours=1))):
        store.state.access_tokens[name] = AccessToken(expires_at=end, scopes=())
        store.state.refresh_tokens[name] = RefreshToken(delegation=name, expires_at=end)
        store.state.delegations[name] = Delegation(client="c", user="u", scopes=(), ends_at=end)
    session = Session(id="s", user="u", at=NOW)
    code = Code(client="c", redirect_uri="r", challenge="x", scopes=(), session=session, expires_at=NOW)
    for name, age in (("late", timedelta(hours=23)), ("old", timedelta(hours=25))):
        store.state.codes[name] = code.model_copy(update={"expires_at": NOW - age})
    store.state.sessions["secret"] = session
    async with store.snapshots.running():
        pass

    again = Store(file, pagerduty.State, Clock()).state
    for kept in (again.access_tokens, again.refresh_tokens, again.delegations):
        assert [*kept] == ["good"]
    # A late second use of a code still ends what the first one began.
    assert [*again.codes] == ["late"]
    assert again.sessions == {"secret": session}


def message(number: int, versions: int) -> teams.Message:
    shown = (teams.Version(at=str(n), activity={"text": str(n)}) for n in range(versions))
    return teams.Message(id=str(number), created_at="now", versions=tuple(shown))


async def test_teams_snapshot_keeps_every_message_and_only_some_of_its_edits(file: Path) -> None:
    edits = KEPT_EDITS + 5
    messages = [message(n, edits + 1) for n in range(NEWEST + 1)]
    messages[1] = message(1, 1)
    channel = teams.Conversation(id="c", kind="channel", name="ops", members=["ada"], messages=messages)
    calls = [teams.Call(at="now", method="PUT", path=f"/{n}") for n in range(KEPT_CALLS + 1)]
    state = teams.State(
        last_message_id=9,
        installed_teams={"t"},
        unread={"ada": {"c": 2}},
        conversations={"c": channel},
        calls=calls,
    )
    async with Snapshots(file, lambda: take(state)).running():
        pass

    again = read_snapshot(file, teams.State)
    assert again is not None
    assert again.calls == calls[1:]
    oldest, still_first, *others = again.conversations["c"].messages
    assert [one.at for one in oldest.versions] == ["0", str(edits)]
    assert still_first == messages[1]
    assert [one.at for one in others[0].versions] == ["0", *(str(n) for n in range(6, edits + 1))]
    assert len(others) == NEWEST - 1
    for one in (state, again):
        one.calls.clear()
        one.conversations["c"].messages.clear()
    assert again == state, "all else is kept as it is"


async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=f"{tmp_path} cannot be read .Is a directory.; make it readable"):
        read_snapshot(tmp_path, Small)
