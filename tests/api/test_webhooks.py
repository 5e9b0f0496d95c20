"""``POST /webhooks/pagerduty/{account}``: every answer, and what is kept for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from muster.seed import seed
from muster.store import rooms
from muster.store.pool import open_pool
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import Edge, edge_settings, new_incident, serving_edge
from tests.support.bodies import DATA, LEDGER, event, note, webhook
from tests.support.company import (
    ACCOUNT,
    OPS,
    OTHER_SECRET,
    OTHER_SUBSCRIPTION,
    RELEASES,
    SECRET,
    TENANT,
    company,
    signature,
)
from tests.support.pgbouncer import WAYS
from tests.support.waiting import eventually
from workflows.ids import ChannelIncidentId, IncidentRoomId
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.messages import Start as RoomStart

pytestmark = pytest.mark.anyio

HALF_A_MEGABYTE = 512 * 1024


@pytest.fixture(scope="module", params=WAYS)
async def edge(
    request: pytest.FixtureRequest,
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Edge]:
    """One API for all tests here; each brings incidents and bodies of its own."""
    url, pooler = postgres.create_database("webhooks", template=migrated), "none"
    if request.param:
        url, pooler = request.getfixturevalue("pooler").url("webhooks"), "transaction"
    folder = tmp_path_factory.mktemp("edge")
    settings = edge_settings(url, temporal.address, folder, database_pooler=pooler)
    await seed(settings, company())
    async with await open_pool(settings.database) as pool:
        client = await Client.connect(temporal.address)
        async with serving_edge(settings, pool, client) as running:
            yield running
    postgres.drop_database("webhooks")


# Accepted


async def test_an_event_reaches_the_workflow_of_its_card(edge: Edge) -> None:
    incident = new_incident()
    happened = event("incident.triggered", incident)
    answer = await edge.deliver(happened)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    ((name, told),) = await edge.heard(incident["id"])
    assert (name, told.event_id, told.incident_id) == (
        "incident.triggered",
        happened["id"],
        incident["id"],
    )
    assert told.snapshot is not None
    assert told.snapshot.title == "Checkout latency"
    assert await edge.cards(incident["id"]) == [OPS]


async def test_operators_see_what_a_workflow_is_about(edge: Edge) -> None:
    incident = new_incident()
    await edge.deliver(event("incident.triggered", incident))
    workflow_id = str(ChannelIncidentId(ACCOUNT, incident["id"], "payments-ops"))
    described = await edge.client.get_workflow_handle(workflow_id).describe()
    assert await described.static_summary() == "#42 · Checkout · Payments/#ops"
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert attributes["PdIncident"] == incident["id"]
    assert (attributes["IncidentStatus"], attributes["Urgency"]) == ("triggered", "high")
    assert (attributes["Priority"], attributes["IncidentNumber"]) == ("P1", 42)


async def test_a_hostile_name_is_no_link_where_operators_find_the_run(edge: Edge) -> None:
    """And the longest one is no start that Temporal refuses: its summaries are at most 400 bytes."""
    hostile = "[go](https://evil.example)<b>|`" * 9
    incident = new_incident(service={"id": "PSVC001", "summary": hostile})
    assert (await edge.deliver(event("incident.triggered", incident))).json() == {"status": "accepted"}
    workflow_id = str(ChannelIncidentId(ACCOUNT, incident["id"], "payments-ops"))
    summary = await (await edge.client.get_workflow_handle(workflow_id).describe()).static_summary()
    assert summary is not None
    assert summary.startswith(r"#42 · \[go\](https:")
    assert "://" not in summary
    assert "<b>" not in summary
    assert len(summary.encode()) <= 400


async def test_a_worker_that_dies_in_a_workflow_task_is_not_waited_for_longer_than_promised(
    edge: Edge,
) -> None:
    incident = new_incident()
    await edge.deliver(event("incident.triggered", incident))
    workflow_id = str(ChannelIncidentId(ACCOUNT, incident["id"], "payments-ops"))
    described = await edge.client.get_workflow_handle(workflow_id).describe()
    waited_for = described.raw_description.execution_config.default_workflow_task_timeout
    assert waited_for.ToTimedelta() < timedelta(seconds=6)


async def test_a_repeated_event_changes_nothing(edge: Edge) -> None:
    incident = new_incident()
    happened = event("incident.triggered", incident)
    answers = [await edge.deliver(happened) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    heard = await edge.heard(incident["id"])
    assert [told.event_id for _, told in heard] == [happened["id"]] * 3, "one run folds them to one change"
    assert await edge.cards(incident["id"]) == [OPS]


async def test_an_event_that_comes_two_days_late_is_accepted_as_any_other(edge: Edge) -> None:
    """PagerDuty keeps events for as long while nobody answers."""
    incident = new_incident()
    await edge.deliver(event("incident.triggered", incident))
    then = (datetime.now(UTC) - timedelta(hours=48)).isoformat(timespec="milliseconds")
    answer = await edge.deliver(event("incident.acknowledged", incident) | {"occurred_at": then})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    _, (name, told) = await edge.heard(incident["id"])
    assert (name, told.occurred_at) == ("incident.acknowledged", datetime.fromisoformat(then))


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_the_signature_counts_and_not_what_the_body_is_called(
    edge: Edge, content_type: str | None
) -> None:
    """Refused, it would be lost: PagerDuty drops an event that is answered 4xx."""
    incident = new_incident()
    answer = await edge.post(webhook(event("incident.triggered", incident)), content_type=content_type)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await edge.cards(incident["id"]) == [OPS]


async def test_an_event_goes_to_every_channel_of_its_service(edge: Edge) -> None:
    incident = new_incident(service=LEDGER)
    assert (await edge.deliver(event("incident.triggered", incident))).status_code == 202
    assert [name for name, _ in await edge.heard(incident["id"], "payments-ops")] == ["incident.triggered"]
    assert [name for name, _ in await edge.heard(incident["id"], "payments-releases")] == [
        "incident.triggered"
    ]
    assert await edge.cards(incident["id"]) == [OPS, RELEASES]


async def test_an_event_that_names_only_its_incident_finds_the_cards(edge: Edge) -> None:
    incident = new_incident(service=LEDGER)
    await edge.deliver(event("incident.triggered", incident))
    await edge.deliver(event("incident.annotated", note(incident["id"])))
    for channel in ("payments-ops", "payments-releases"):
        _, (name, told) = await edge.heard(incident["id"], channel)
        assert name == "incident.annotated"
        assert told.note is not None
        assert told.note.text == "Rolling back"


@pytest.mark.parametrize(
    ("changes", "event_type"),
    [
        ({"created_at": "2020-01-01T00:00:00Z"}, "incident.escalated"),
        ({"service": LEDGER | {"id": "PSVC999"}}, "incident.triggered"),
        ({"status": "resolved"}, "incident.resolved"),
    ],
)
async def test_an_incident_that_enters_no_channel_is_accepted(
    edge: Edge, changes: dict[str, Any], event_type: str
) -> None:
    incident = new_incident(**changes)
    assert (await edge.deliver(event(event_type, incident))).status_code == 202
    assert await edge.cards(incident["id"]) == []
    assert await edge.heard(incident["id"]) == []


async def test_an_event_brings_in_an_old_incident_that_it_made_match(edge: Edge) -> None:
    incident = new_incident(created_at="2020-01-01T00:00:00Z")
    await edge.deliver(event("incident.priority_updated", incident))
    assert [name for name, _ in await edge.heard(incident["id"])] == ["incident.priority_updated"]


@pytest.mark.parametrize("event_type", [name for name in DATA if not name.startswith("incident.")])
async def test_an_event_that_concerns_no_card_is_accepted(edge: Edge, event_type: str) -> None:
    before = await edge.rows()
    answer = await edge.deliver(event(event_type, DATA[event_type]))
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await edge.rows() == before


# Damaged, and read


DAMAGES: list[tuple[bytes, bytes]] = [
    (b"latency", rb"latency \ud83d"),
    (b"latency", rb"latency \ude00"),
    (b"latency", b"latency \xff\xfe"),
    (b"latency", b"latency \x00\x07\n"),
    (b"latency", rb"latency \u0000"),
    (b'{"event"', b'\xef\xbb\xbf{"event"'),
    (b'{"event"', b'{"a": NaN, "b": [Infinity, -Infinity], "event"'),
    (b'{"event"', b'{"a": ' + b"[" * 4000 + b"]" * 4000 + b', "event"'),
    (b'{"event"', b'{"a": ' + b"9" * 6000 + b', "event"'),
    (b'"number": 42', rb'"number": 1, "number": 42, "x": "\ud83d"'),
]


@pytest.mark.parametrize(("sound", "damaged"), DAMAGES)
@pytest.mark.parametrize("event_type", ["incident.triggered", "incident.resolved"])
async def test_one_bad_character_costs_no_event(
    edge: Edge, sound: bytes, damaged: bytes, event_type: str
) -> None:
    incident = new_incident()
    if event_type == "incident.resolved":
        await edge.deliver(event("incident.triggered", incident))
        incident |= {"status": "resolved"}
    body = webhook(event(event_type, incident)).replace(sound, damaged)
    answer = await edge.post(body)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    *_, (name, told) = await edge.heard(incident["id"])
    assert name == event_type
    assert told.snapshot is not None
    assert (told.snapshot.number, told.snapshot.status) == (42, incident["status"])
    assert told.snapshot.title.rstrip("\ufffd ") == "Checkout latency"


@pytest.mark.parametrize("damaged", [rb"\ud83d", rb"\u0000", b"\xff", b"\x00", rb"\x41"])
async def test_an_id_with_a_bad_character_names_nothing(edge: Edge, damaged: bytes) -> None:
    incident = new_incident()
    identity = incident["id"].encode()
    body = webhook(event("incident.triggered", incident)).replace(
        b'"id": "' + identity, b'"id": "' + identity + damaged
    )
    assert (await edge.post(body)).json() == {"status": "quarantined"}
    (row,) = await edge.quarantined(body)
    assert row["reason"] == "the event names no incident"
    assert await edge.cards(incident["id"]) == []


@pytest.mark.parametrize("odd", [None, "", "yesterday", 5, {}])
async def test_a_new_incident_without_a_time_enters_its_channel(edge: Edge, odd: Any) -> None:
    incident = new_incident(created_at=odd)
    now = datetime.now(UTC)
    answer = await edge.deliver(event("incident.triggered", incident) | {"occurred_at": now.isoformat()})
    assert answer.json() == {"status": "accepted"}
    ((_, told),) = await edge.heard(incident["id"])
    assert told.snapshot is not None
    assert told.snapshot.created_at == now


NULLS = ["service", "created_at", "title", "urgency", "assignees", "teams", "type", "number", "html_url"]


@pytest.mark.parametrize("event_type", [name for name in DATA if DATA[name].get("type") == "incident"])
async def test_an_event_reaches_the_cards_of_its_incident_whatever_is_null(
    edge: Edge, event_type: str
) -> None:
    incident = new_incident()
    await edge.deliver(event("incident.triggered", incident))
    damaged = incident | dict.fromkeys(NULLS) | {"status": DATA[event_type]["status"]}
    assert (await edge.deliver(event(event_type, damaged, agent=None))).json() == {"status": "accepted"}
    assert [name for name, _ in await edge.heard(incident["id"])] == ["incident.triggered", event_type]


async def test_a_service_without_a_name_has_its_channel(edge: Edge) -> None:
    incident = new_incident(service={"id": "PSVC001", "summary": None})
    await edge.deliver(event("incident.triggered", incident))
    assert await edge.cards(incident["id"]) == [OPS]


@pytest.mark.parametrize("service", [None, {}, "PSVC001", {"id": None}])
async def test_an_open_incident_that_names_no_service_and_has_no_card_is_kept(
    edge: Edge, service: Any
) -> None:
    """Where it belongs nobody can tell; that it was there, somebody must."""
    body = webhook(event("incident.triggered", new_incident(service=service)))
    assert (await edge.post(body)).json() == {"status": "quarantined"}
    (row,) = await edge.quarantined(body)
    assert row["reason"] == "the event names no service and has no card"


# Kept in quarantine


async def test_what_is_kept_is_an_error_that_names_its_incident(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    before = await quarantined(edge)
    incident = new_incident(title="Checkout\x00 is down")
    unusable = event("incident.triggered", incident) | {"occurred_at": "never"}
    await edge.deliver(unusable)
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    (line,) = [line for line in lines if line["event"] == "event kept in quarantine"]
    assert line["level"] == "error"
    told = {name: line[name] for name in ("account", "event_id", "incident", "title", "reason")}
    assert told == {
        "account": ACCOUNT,
        "event_id": unusable["id"],
        "incident": incident["id"],
        "title": "Checkout is down",
        "reason": "occurred_at is no time",
    }
    assert await quarantined(edge) == before + 1


async def quarantined(edge: Edge) -> float:
    """What Prometheus reads of the account's quarantine."""
    text = (await edge.http.get("/metrics")).text
    name = f'muster_quarantined_events_total{{account="{ACCOUNT}"}}'
    found = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name)]
    return float(found[0]) if found else 0.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event_type": "incident.exploded"}, "unknown event type incident.exploded"),
        ({"event_type": None}, "the event has no event_type"),
        ({"data": None}, "the event has no data"),
        ({"data": {"type": "incident"}}, "the event names no incident"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at is no time"),
    ],
)
async def test_a_signed_event_that_cannot_be_used_is_kept(
    edge: Edge, changes: dict[str, Any], reason: str
) -> None:
    unusable = event("incident.triggered", new_incident()) | changes
    body = webhook(unusable)
    answers = [await edge.post(body) for _ in range(2)]
    assert [(a.status_code, a.json()) for a in answers] == [(202, {"status": "quarantined"})] * 2
    (row,) = await edge.quarantined(body)
    assert tuple(row) == (unusable["id"], reason, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"event"',
        b"{}",
        b'{"event": null}',
        b'{"event": [1]}',
        b"\xff\xfe{}",
        b"[" * 5000,
        b'{"event": NaN}',
    ],
)
async def test_a_signed_body_that_is_no_event_is_kept(edge: Edge, body: bytes) -> None:
    answer = await edge.post(body)
    assert (answer.status_code, answer.json()) == (202, {"status": "quarantined"})
    (row,) = await edge.quarantined(body)
    assert tuple(row) == (None, "the body is not a webhook event", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "01\x00E"},
        {"id": "0" * 4000},
        {"id": 7.5, "event_type": "a\x00b"},
        {"event_type": "x" * 4000},
        {"event_type": "\x00"},
    ],
)
async def test_what_no_database_can_store_does_not_make_pagerduty_repeat_it(
    edge: Edge, changes: dict[str, Any]
) -> None:
    body = webhook(event("incident.triggered", new_incident()) | changes)
    assert (await edge.post(body)).status_code == 202
    assert len(await edge.quarantined(body)) == 1


async def test_a_number_that_python_refuses_to_write_is_left_out(edge: Edge) -> None:
    incident = new_incident()
    body = webhook(event("incident.triggered", incident)).replace(
        b'"number": 42', b'"number": ' + b"9" * 4200
    )
    assert (await edge.post(body)).status_code == 202
    ((_, told),) = await edge.heard(incident["id"])
    assert told.snapshot is not None
    assert told.snapshot.number is None


async def test_a_target_that_refuses_does_not_hold_up_the_others(edge: Edge) -> None:
    """Temporal takes no workflow id of more than a thousand characters."""
    incident = new_incident(service=LEDGER)
    body = webhook(event("incident.triggered", incident))
    await edge.pool.execute("UPDATE conversation SET key = repeat('x', 1100) WHERE id = $1", RELEASES)
    try:
        answers = [await edge.post(body) for _ in range(2)]
    finally:
        await edge.pool.execute("UPDATE conversation SET key = 'payments-releases' WHERE id = $1", RELEASES)
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len(await edge.heard(incident["id"], "payments-ops")) == 2
    (row,) = await edge.quarantined(body)
    assert row["target"] == RELEASES
    assert "INVALID_ARGUMENT" in row["reason"]


# The incident's room


async def a_room(edge: Edge, incident: dict[str, Any], tenant: str = TENANT) -> RoomKey:
    """A chat of the incident is being made, or was."""
    room = RoomKey(account=ACCOUNT, incident_id=incident["id"])
    await rooms.open_room(edge.pool, room, tenant=tenant)
    await rooms.begin(edge.pool, room, topic="Incident #42", owner="ada")
    return room


async def heard_by_room(edge: Edge, room: RoomKey) -> tuple[RoomStart | None, list[str]]:
    """With what its run was started, and the names of what it was told; nothing without a run."""
    handle = edge.client.get_workflow_handle(str(IncidentRoomId(room.account, room.incident_id)))
    try:
        events = (await handle.fetch_history()).events
    except RPCError:
        return None, []
    begun = events[0].workflow_execution_started_event_attributes.input.payloads[0].data
    told = [
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in events
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    return RoomStart.model_validate_json(begun), told


async def test_the_room_hears_what_its_incidents_cards_hear(edge: Edge) -> None:
    incident = new_incident()
    room = await a_room(edge, incident)
    await edge.deliver(event("incident.triggered", incident))
    await edge.deliver(event("incident.resolved", incident | {"status": "resolved"}))
    start, told = await heard_by_room(edge, room)
    assert told == ["incident.triggered", "incident.resolved"]
    assert told == [name for name, _ in await edge.heard(incident["id"])]
    assert start == RoomStart(account=ACCOUNT, incident_id=incident["id"], tenant=TENANT, stored=True)


async def test_without_a_room_none_is_started(edge: Edge) -> None:
    incident = new_incident()
    await edge.deliver(event("incident.triggered", incident))
    room = RoomKey(account=ACCOUNT, incident_id=incident["id"])
    assert await heard_by_room(edge, room) == (None, [])


async def test_a_room_without_a_chat_hears_what_happens_while_its_run_goes_on(edge: Edge) -> None:
    """Somebody has asked and the chat is not begun yet; nobody begins a run for one that was refused."""
    incident = new_incident()
    room = await a_room(edge, incident)
    await edge.pool.execute("UPDATE incident_room SET stage = 'none'")
    await edge.deliver(event("incident.triggered", incident))
    assert await heard_by_room(edge, room) == (None, [])
    await edge.pool.execute("UPDATE incident_room SET stage = 'made'")
    await edge.deliver(event("incident.acknowledged", incident | {"status": "acknowledged"}))
    await edge.pool.execute("UPDATE incident_room SET stage = 'gone'")
    await edge.deliver(event("incident.resolved", incident | {"status": "resolved"}))
    assert (await heard_by_room(edge, room))[1] == ["incident.acknowledged", "incident.resolved"]


async def test_the_room_hears_its_incident_also_where_no_card_is(edge: Edge) -> None:
    incident = new_incident(service={"id": "PSVC999", "summary": "Nowhere"})
    room = await a_room(edge, incident)
    body = webhook(event("incident.triggered", incident))
    assert (await edge.post(body)).json() == {"status": "accepted"}
    assert await edge.cards(incident["id"]) == []
    assert (await heard_by_room(edge, room))[1] == ["incident.triggered"]
    assert await edge.quarantined(body) == []


async def test_a_room_that_refuses_is_kept_in_quarantine_and_holds_up_nobody(edge: Edge) -> None:
    """Temporal takes no search attribute of more than two thousand bytes."""
    incident = new_incident(service=LEDGER)
    room = await a_room(edge, incident, tenant="x" * 5000)
    body = webhook(event("incident.triggered", incident))
    answers = [await edge.post(body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    for channel in ("payments-ops", "payments-releases"):
        assert len(await edge.heard(incident["id"], channel)) == 2
    (row,) = await edge.quarantined(body)
    assert row["target"] == "the incident's room"
    assert "INVALID_ARGUMENT" in row["reason"]
    assert (await heard_by_room(edge, room))[1] == []


# Refused


async def refused(edge: Edge, status: int, body: bytes, **how: Any) -> None:
    """The call is answered so, and leaves nothing behind."""
    before = await edge.rows()
    answer = await edge.post(body, **how)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert SECRET not in answer.text
    assert await edge.rows() == before


@pytest.mark.parametrize("wrong", ["v1=", "v1=00", signature(b"another body"), "v1=" + "0" * 64])
async def test_a_signature_that_matches_no_secret_is_refused(edge: Edge, wrong: str) -> None:
    await refused(edge, 401, webhook(event(data=new_incident())), signed=wrong)


@pytest.mark.parametrize("wrong", ["v2=00", "nonsense", "V1=00"])
async def test_a_signature_header_without_a_v1_value_is_refused(edge: Edge, wrong: str) -> None:
    await refused(edge, 401, webhook(event(data=new_incident())), signed=wrong)


async def test_any_of_several_signatures_may_match(edge: Edge) -> None:
    incident = new_incident()
    body = webhook(event(data=incident))
    both = f"{signature(body, 'the old secret')}, {signature(body)}"
    assert (await edge.post(body, signed=both)).status_code == 202
    assert len(await edge.heard(incident["id"])) == 1


async def test_a_webhook_without_a_signature_header_is_refused(edge: Edge) -> None:
    await refused(edge, 400, webhook(event(data=new_incident())), signed="")


@pytest.mark.parametrize("secret", [SECRET, OTHER_SECRET])
async def test_without_a_subscription_header_every_secret_of_the_account_is_tried(
    edge: Edge, secret: str
) -> None:
    body = webhook(event(data=new_incident()))
    answer = await edge.post(body, signed=signature(body, secret), subscription=None)
    assert answer.status_code == 202


@pytest.mark.parametrize("subscription", ["PWSUB99", OTHER_SUBSCRIPTION])
async def test_a_subscription_that_has_another_secret_or_none_is_refused(
    edge: Edge, subscription: str
) -> None:
    await refused(edge, 401, webhook(event(data=new_incident())), subscription=subscription)


async def test_an_account_that_is_not_configured_is_to_send_again_and_an_error(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """Three drops would silence the subscription for a day, whoever forgot to configure the account."""
    await refused(edge, 503, webhook(event(data=new_incident())), account="emca")
    (line,) = [r.msg for r in caplog.records if isinstance(r.msg, dict) and r.levelname == "ERROR"]
    assert (line["event"], line["account"]) == (
        "a webhook for a PagerDuty account that is not configured",
        "emca",
    )


@pytest.mark.parametrize("account", [ACCOUNT.upper(), ACCOUNT.title()])
async def test_an_account_counts_in_any_case(edge: Edge, account: str) -> None:
    assert account != ACCOUNT
    incident = new_incident()
    body = webhook(event(data=incident))
    assert (await edge.post(body, account=account)).status_code == 202
    assert len(await edge.heard(incident["id"])) == 1, "as the account of the file"


@pytest.mark.parametrize("path", [f"/webhooks/pagerduty/{ACCOUNT}/", f"/webhooks/pagerduty/{ACCOUNT}//"])
async def test_a_closing_slash_is_served_and_not_redirected(edge: Edge, path: str) -> None:
    incident = new_incident()
    body = webhook(event(data=incident))
    answer = await edge.http.post(path, content=body, headers={"X-PagerDuty-Signature": signature(body)})
    assert answer.status_code == 202
    assert len(await edge.heard(incident["id"])) == 1


async def test_several_lines_of_signatures_count_like_one(edge: Edge) -> None:
    body = webhook(event(data=new_incident()))
    lines = [signature(body, "the old secret"), signature(body)]
    headers = [("X-PagerDuty-Signature", line) for line in lines]
    answer = await edge.http.post(f"/webhooks/pagerduty/{ACCOUNT}", content=body, headers=headers)
    assert answer.status_code == 202


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz/dependencies", "/healthz/", "/metrics"])
async def test_health_is_told_without_a_body_too(edge: Edge, path: str) -> None:
    answer = await edge.http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_caller_that_hangs_up_is_no_error(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "api.body")
    _, writer = await asyncio.open_connection("127.0.0.1", edge.http.base_url.port)
    head = f"POST /webhooks/pagerduty/{ACCOUNT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"
    writer.write(head.encode())
    await writer.drain()
    writer.close()

    async def is_told() -> bool:
        told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
        return [one["event"] for one in told if one["event"] == "the caller hung up"] == [
            "the caller hung up"
        ]

    await eventually(is_told)
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


@pytest.mark.parametrize("signed", [None, "", "v1=00"])
async def test_a_body_that_is_too_large_is_refused(edge: Edge, signed: str | None) -> None:
    await refused(edge, 413, b"x" * (HALF_A_MEGABYTE + 1), signed=signed)


async def test_a_body_that_is_too_large_and_does_not_say_so_is_refused(edge: Edge) -> None:
    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 65536

    answer = await edge.http.post(f"/webhooks/pagerduty/{ACCOUNT}", content=in_chunks())
    assert answer.status_code == 413


async def test_the_largest_body_is_read(edge: Edge) -> None:
    body = json.dumps({"event": None}).ljust(HALF_A_MEGABYTE).encode()
    assert (await edge.post(body)).status_code == 202


async def test_nothing_but_a_post_is_known(edge: Edge) -> None:
    assert (await edge.http.get(f"/webhooks/pagerduty/{ACCOUNT}")).status_code == 405
