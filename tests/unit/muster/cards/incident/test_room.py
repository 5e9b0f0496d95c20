"""The incident's own chat on its cards: the way in, what is missing in it, and who."""

import json
from typing import Any, get_args

import pytest

from muster.cards.incident.card import incident_card
from tests.support.views import OPENED, a_view
from tests.unit.muster.cards.incident.test_card import (
    IDENTITY,
    LIMIT,
    drawn,
    of_type,
    size_of,
    text_of,
)
from workflows.following import Stopped
from workflows.incident.values import Bridge, Comment, Field, Status
from workflows.room import Absence, Absent, Lack, ShownRoom
from workflows.verbs.verb import VerbName

URL = "https://teams.microsoft.com/l/chat/19%3Aroom%40thread.v2/0?tenantId=tenant"
TOPIC = "Incident #42 Checkout latency"
JOIN = ShownRoom(kind="join", url=URL)
OPEN: tuple[VerbName, ...] = ("acknowledge", "resolve")
OFFERING: tuple[VerbName, ...] = (*OPEN, "create_chat", "stop_following")
HOSTILE = [
    "[go](https://evil.example)",
    "*bold* _it_ `code` ~~gone~~",
    "{{DATE(2026-01-01T00:00:00Z,SHORT)}}",
    "<at>everybody</at> &amp; <b>",
    "line\none\r\n# heading",
    "\u202eevil\u2066\x00\x1b[31m",
    "שלום עולם",
    "half \ud83d pair",
    "👨‍👩‍👧‍👦" * 40,
    "",
    " \n ",
]


def with_room(room: ShownRoom, **changes: Any) -> dict[str, Any]:
    """The card of a triggered incident with this chat."""
    return drawn(a_view(room=room, **changes))


def titles(card: dict[str, Any]) -> list[str]:
    """Of the buttons for the incident, in order."""
    return [action["title"] for action in of_type(card, "ActionSet")[0]["actions"]]


def labelled(card: dict[str, Any]) -> dict[str, str]:
    """The card's facts by their labels."""
    rows = [row["columns"] for row in of_type(card, "ColumnSet")]
    return {text_of(columns[0]): text_of(columns[1]) for columns in rows if len(columns) == 2}


# The way in


def test_the_chat_is_joined_by_a_button_and_by_a_fact() -> None:
    card = with_room(JOIN)
    (join,) = [action for action in of_type(card, "Action.OpenUrl") if action.get("title") == "Join Chat"]
    assert (join["url"], join["tooltip"]) == (URL, "Join the chat of #42")
    assert labelled(card)["Chat"] == f"[Join Chat]({URL})"
    assert "⚠️" not in text_of(card)


def test_join_chat_stands_where_create_chat_stood() -> None:
    before = titles(drawn(a_view(verbs=OFFERING)))
    after = titles(with_room(JOIN, verbs=tuple(verb for verb in OFFERING if verb != "create_chat")))
    assert before == ["Acknowledge", "Resolve", "Create Chat", "Stop following"]
    assert after == ["Acknowledge", "Resolve", "Join Chat", "Stop following"]


def test_the_way_in_moves_no_button_into_the_menu_and_none_out_of_it() -> None:
    modes = [action.get("mode") for action in of_type(with_room(JOIN, verbs=OPEN), "ActionSet")[0]["actions"]]
    assert modes == [None, None, None]
    card = with_room(JOIN, verbs=("acknowledge", "resolve", "stop_following"))
    assert [action.get("mode") for action in of_type(card, "ActionSet")[0]["actions"]][-1] == "secondary"


@pytest.mark.parametrize(
    "closed",
    [{"status": "resolved"}, {"stopped": Stopped(by="Bo Call", at=OPENED)}],
    ids=["resolved", "stopped"],
)
def test_a_closed_card_keeps_the_link_and_has_no_button(closed: dict[str, Any]) -> None:
    card = with_room(JOIN, verbs=(), **closed)
    assert labelled(card)["Chat"] == f"[Join Chat]({URL})"
    assert of_type(card, "Action.Execute") == []
    assert "Join Chat" not in [
        action["title"] for block in of_type(card, "ActionSet") for action in block["actions"]
    ]


def test_the_chat_stands_below_the_bridge() -> None:
    bridge = Bridge(url="https://meet.example/42", number=None)
    labels = [*labelled(with_room(JOIN, bridge=bridge))]
    assert labels.index("Chat") == labels.index("Bridge") + 1


@pytest.mark.parametrize("room", [JOIN, ShownRoom(kind="own")], ids=lambda room: str(room.kind))
def test_a_note_that_says_where_the_chat_is_is_not_said_again(room: ShownRoom) -> None:
    note = Comment(id="1", text=f"Microsoft Teams chat: {URL}", author="Di Pager", at=OPENED)
    update = Comment(id="2", text="All hands", at=OPENED)
    card = text_of(with_room(room, latest_note=note, latest_status_update=update))
    assert "Latest note" not in card
    assert "All hands" in card


@pytest.mark.parametrize(
    "room", [JOIN, ShownRoom(kind="gone"), ShownRoom(kind="elsewhere")], ids=lambda room: str(room.kind)
)
def test_what_people_wrote_is_shown_before_the_note_that_says_where_the_chat_is(room: ShownRoom) -> None:
    note = Comment(id="1", text=f"Microsoft Teams chat: {URL}", author="Di Pager", at=OPENED)
    people_wrote = Comment(id="0", text="Rolled back", author="Bo Call", at=OPENED)
    card = text_of(with_room(room, latest_note=note, peoples_note=people_wrote))
    assert "Rolled back" in card
    assert "Microsoft Teams chat" not in card


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (JOIN, f"Microsoft Teams chat: {URL} is the one to join"),
        (JOIN, f"See {URL}"),
        (ShownRoom(kind="unknown", topic=TOPIC), f"Microsoft Teams chat: {URL}"),
        (ShownRoom(kind="elsewhere", tenant_name="Acme"), f"Microsoft Teams chat: {URL}"),
    ],
    ids=["says more", "somebody's", "nobody knows", "elsewhere"],
)
def test_any_other_note_about_a_chat_is_shown(room: ShownRoom, text: str) -> None:
    note = Comment(id="1", text=text, author="Di Pager", at=OPENED)
    assert "Latest note" in text_of(with_room(room, latest_note=note))


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "file:///etc/passwd", "https://", "https://evil example/", "//x", "x" * 9],
)
def test_an_address_that_is_no_web_link_gives_neither_button_nor_fact(url: str) -> None:
    card = with_room(ShownRoom(kind="join", url=url))
    assert titles(card) == ["Acknowledge", "Resolve"]
    assert "Chat" not in labelled(card)


def test_an_address_does_not_end_its_link_early() -> None:
    card = with_room(ShownRoom(kind="join", url="https://teams.example/a b)](https://evil.example)"))
    assert (
        labelled(card)["Chat"] == "[Join Chat](https://teams.example/a%20b%29%5D%28https://evil.example%29)"
    )


# What a card says of it


def test_in_another_tenant_it_is_said_where_the_chat_is_and_nobody_can_join() -> None:
    card = with_room(ShownRoom(kind="elsewhere", tenant_name="Umbrella Corp"))
    assert "Chat in Umbrella Corp" in text_of(card).splitlines()
    assert titles(card) == ["Acknowledge", "Resolve"]
    assert "Chat" not in labelled(card)


def test_a_tenant_without_a_name_is_another_organization() -> None:
    assert "Chat in another organization" in text_of(with_room(ShownRoom(kind="elsewhere"))).splitlines()


def test_a_chat_of_which_nobody_knows_is_to_be_looked_for() -> None:
    card = with_room(ShownRoom(kind="unknown", topic=TOPIC), verbs=OFFERING)
    assert (
        "⚠️ Muster does not know whether the chat was made: Microsoft's answer was lost. "
        f"Look in Teams for “{TOPIC}” before you press Create Chat again."
    ) in text_of(card).splitlines()
    assert "Create Chat" in titles(card)


def test_a_deleted_chat_is_said_with_what_makes_a_new_one() -> None:
    gone = ShownRoom(kind="gone")
    sentence = "⚠️ The chat of this incident was deleted."
    assert f"{sentence} Create Chat makes a new one." in text_of(with_room(gone, verbs=OFFERING)).splitlines()
    assert sentence in text_of(with_room(gone, status="resolved", verbs=())).splitlines()


def test_the_chats_own_card_has_no_way_in_and_says_who_is_absent() -> None:
    absent = (Absent(name="Di Pager", why="no_account"), Absent(name="Ed Guest", why="blocked"))
    card = with_room(ShownRoom(kind="own", absent=absent, absent_count=2))
    assert titles(card) == ["Acknowledge", "Resolve"]
    assert "Chat" not in labelled(card)
    assert (
        "⚠️ Not in this chat: Di Pager (no account in this organization), "
        "Ed Guest (Microsoft adds nobody more)"
    ) in text_of(card).splitlines()


def test_the_chats_own_card_without_anything_missing_says_nothing() -> None:
    assert with_room(ShownRoom(kind="own")) == drawn(a_view())


def test_of_many_who_are_absent_the_rest_is_counted() -> None:
    absent = tuple(Absent(name=f"Person {number}", why="full") for number in range(20))
    text = text_of(with_room(ShownRoom(kind="own", absent=absent, absent_count=50)))
    assert "Person 5 (the chat is full), … and 44 more" in text
    assert "Person 6" not in text


def test_a_count_that_is_less_than_the_names_loses_nobody() -> None:
    absent = tuple(Absent(name=f"Person {number}", why="full") for number in range(8))
    assert "… and 2 more" in text_of(with_room(ShownRoom(kind="own", absent=absent)))


@pytest.mark.parametrize("why", get_args(Absence))
def test_every_absence_has_its_words(why: Absence) -> None:
    text = text_of(
        with_room(ShownRoom(kind="own", absent=(Absent(name="Di Pager", why=why),), absent_count=1))
    )
    assert "Not in this chat: Di Pager (" in text


@pytest.mark.parametrize("kind", ["join", "own"])
def test_each_step_names_the_permission_that_it_lacks(kind: Any) -> None:
    lacks = (
        Lack(step="members", permission="ChatMember.ReadWrite.All"),
        Lack(step="bot", permission="TeamsAppInstallation.ReadWriteSelfForChat.All"),
        Lack(step="names", permission="Chat.ReadWrite.All"),
    )
    lines = text_of(with_room(ShownRoom(kind=kind, url=URL, lacks=lacks))).splitlines()
    for step, permission in (
        ("People cannot be added to the chat", "ChatMember.ReadWrite.All"),
        ("The card cannot be shown in the chat", "TeamsAppInstallation.ReadWriteSelfForChat.All"),
        ("The chat cannot be renamed", "Chat.ReadWrite.All"),
    ):
        sentence = f"{step}: {permission} is not granted. A Microsoft admin grants it with appconnect."
        assert f"⚠️ {sentence}" in lines


def test_a_chat_without_a_card_says_where_the_apps_id_is_and_where_it_goes() -> None:
    text = text_of(with_room(ShownRoom(kind="join", url=URL, app_unknown=True)))
    assert (
        "⚠️ The chat has no card: Muster does not know its app's id in the catalog. An admin finds it in the "
        "Teams admin center under Manage apps, and it goes into catalog_app of muster.toml."
    ) in text.splitlines()


def test_a_chat_that_the_bot_left_says_how_its_card_goes_on() -> None:
    sentence = "⚠️ Muster was removed from the chat: its card stands still until somebody adds it again."
    assert sentence in text_of(with_room(ShownRoom(kind="join", url=URL, bot_removed=True))).splitlines()
    assert sentence not in text_of(with_room(JOIN)).splitlines()


# What others wrote


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["elsewhere", "unknown", "own"])
def test_what_others_wrote_is_no_markup_and_stays_on_its_line(kind: Any, text: str) -> None:
    absent = (Absent(name=text, why="refused"),) if kind == "own" else ()
    room = ShownRoom(kind=kind, topic=text, tenant_name=text, absent=absent, absent_count=len(absent))
    plain = {json.dumps(block) for block in of_type(drawn(a_view()), "TextBlock")}
    card = with_room(room)
    added = [block for block in of_type(card, "TextBlock") if json.dumps(block) not in plain]
    assert added == [], "a TextBlock would be read as Markdown"
    (line,) = set(text_of(card).splitlines()) - set(text_of(drawn(a_view())).splitlines())
    assert not {"\n", "\u202e", "\x00", "\x1b"} & set(line)
    assert "{{DATE(" not in line
    line.encode()


def test_a_right_to_left_topic_does_not_reorder_the_sentence() -> None:
    text = text_of(with_room(ShownRoom(kind="unknown", topic="שלום")))
    assert "“\u2068שלום\u2069” before you press" in text


# How large it gets


@pytest.mark.parametrize("kind", ["join", "elsewhere", "unknown", "gone", "own"])
@pytest.mark.parametrize("status", ["triggered", "resolved"])
def test_with_a_chat_the_largest_card_is_one_that_teams_takes(kind: Any, status: Status) -> None:
    absent = tuple(Absent(name="\\" * 200, why="no_account") for _ in range(20))
    room = ShownRoom(
        kind=kind,
        url="https://teams.microsoft.com/l/chat/" + "é" * 1_000,
        topic="🔥" * 125,
        tenant_name="🔥" * 200,
        lacks=tuple(Lack(step=step, permission="P" * 60) for step in ("people", "members", "bot", "names")),
        app_unknown=True,
        bot_removed=True,
        absent=absent,
        absent_count=1_000,
    )
    fields = tuple(
        Field(id=f"F{n}", name="🔥" * 40, value="https://x.example/" + "y" * 2_000) for n in range(5)
    )
    view = a_view(
        room=room,
        status=status,
        title="🔥" * 1_000,
        description="🔥" * 4_000,
        fields=fields,
        bridge=Bridge(url="https://meet.example/" + "z" * 2_000, number="1" * 40),
        verbs=OFFERING if status == "triggered" else (),
    )
    assert size_of(json.loads(json.dumps(incident_card(view, IDENTITY)))) <= LIMIT
