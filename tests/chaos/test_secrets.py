"""Whoever may read histories or logs learns no secret of the company that Muster works for."""

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowExecutionDescription

from muster.security.sealing import KeyRing, Place
from muster.store.links import token_place
from sandbox.company import read_company
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched
from tests.api.public import bearer
from tests.chaos.company import ACCOUNT, ADA_EMAIL, BO_EMAIL, DI_EMAIL, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.newcomer import AUTHORIZE, CONNECTED, CONSENT, EXPAND, Newcomer
from tests.chaos.responder import Responder
from tests.chaos.room import made_for
from tests.support.connections import async_client
from tests.support.plain_browser import PlainBrowser
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio

LOGS = ("api", "worker", "migrate")
"""Of the product's own processes; where something is connected from the start, ``seed`` is one too."""
WRONG_KEY = "7ZZY8XXW9VVT"
FLOW_COOKIE = "muster-flow-"
HOLD_E_MAILS = frozenset({"user_link", "person", "room_member", "directory_cache"})
"""Tables that keep the e-mail of somebody (docs/privacy.md)."""
DRAWN_MEANWHILE = {
    "a token of PagerDuty's": re.compile(r"pdus\+_"),
    "a token of Microsoft's": re.compile(r"eyJ[\w-]+\.eyJ"),
}


async def test_histories_search_attributes_and_logs_hold_no_secret(company: Company, stack: Launched) -> None:
    """Two people's tokens, the app's, the bot's and a program's are used, and an error is told on the way.

    The incident has a chat of its own, for which Graph is asked too, and which is summed up.
    """
    incident = await company.incident()
    await incident.shown_and_recorded()
    room = await made_for(incident)
    change = {"method": "PUT", "incident": incident.id}
    await company.pagerduty.fault("rest", "status", status=503, match=change)
    await incident.click("acknowledge", by=BO_EMAIL)
    await incident.shows("Acknowledged by Bo Call")
    said = await _said_by_a_program(incident, stack)
    await incident.click("resolve", by=DI_EMAIL)
    await in_sync(incident)
    assert await incident.changes_by_buttons() == ["acknowledged", "resolved"]

    assert await room.violations() == []

    readable = {**await told_by(company, said, *await incident.runs()), **logs_of(stack, *LOGS, "seed")}
    tables = await rows_by_table(company)
    assert "Deploy 7 is out" in readable["the history"]
    assert "Deploy 7 is out" not in str(tables), "of what a program says a hash is kept"
    assert "as Bo Call" in readable["the history"]
    assert "PagerDuty answered 503" in readable["the history"]
    assert "Payments" in readable["search attributes, memo and summary"]
    assert "click answered" in readable["api.log"]
    assert "exchange" in readable["worker.log"]
    row = await room.row()
    assert row is not None
    assert row["url"] in readable["the history"]
    assert row["chat"] in readable["search attributes, memo and summary"]
    assert row["chat"] in tables["incident_room"]
    assert found(readable | tables, secrets_of(stack)) == []


async def _said_by_a_program(incident: Incident, stack: Launched) -> WorkflowExecutionDescription:
    """A program says something of it in another channel; the run that sent it."""
    async with async_client(timeout=15) as http:
        answer = await http.post(
            f"{incident.company.api}/v1/incidents/{incident.id}/messages",
            json={"to": {"channel": "platform-alerts"}, "text": "Deploy 7 is out"},
            headers=bearer(stack.ready["api_token"]),
        )
    assert answer.status_code == 201, answer.text
    name = f"operation/{ACCOUNT}/{answer.json()['id']}"
    return await incident.company.temporal.get_workflow_handle(name).describe()


@pytest.mark.slow
async def test_a_set_up_leaves_no_link_key_code_or_cookie_behind(
    newcomer: Newcomer, empty_stack: Launched
) -> None:
    """Bo installs, Ada connects the team by the KEY; returns fail, are forged and are denied on the way."""
    company = newcomer.company
    await newcomer.install(by=BO_EMAIL)
    bos = await newcomer.card_with(AUTHORIZE)
    await newcomer.click(EXPAND, bos, by=BO_EMAIL)
    await newcomer.is_told("Send these instructions to your PagerDuty Admin")
    (key,) = re.findall(r"authorize ([0-9A-Z]{12})", str(await newcomer.cards()))
    await newcomer.write(f"authorize {WRONG_KEY}", by=ADA_EMAIL)
    await newcomer.write(f"authorize {key}", by=ADA_EMAIL)
    link = await newcomer.link(AUTHORIZE, ADA_EMAIL)

    denied = await newcomer.browser.submit(await newcomer.up_to_pagerduty(link), "Deny")
    assert "PagerDuty was told not to allow it." in denied.text
    connected = await newcomer.authorize(link)
    assert CONNECTED.format(team=newcomer.name) in connected.text
    returned = newcomer.browser.returns[-1]
    forwarded = PlainBrowser()
    assert (await forwarded.open(returned)).status == 400
    assert (await newcomer.browser.open(returned.replace("state=", "state=x"))).status == 400
    await forwarded.close()
    consent = await newcomer.link(CONSENT)
    await newcomer.consent(consent)
    await newcomer.is_told("Setup is now complete!")

    drawn = {
        "a KEY": key,
        "a wrong KEY": WRONG_KEY,
        "the token of the Authorize link": urlsplit(link).path.removeprefix("/l/"),
        "the token of the consent link": urlsplit(consent).path.removeprefix("/l/"),
        **in_the_browser(newcomer.browser, key_ring(empty_stack)),
    }
    kinds = {name.partition(" ")[0] for name in drawn}
    assert {"code", "state", "secret", "verifier", "cookie"} <= kinds
    run = await newcomer.run()
    readable = {
        **await told_by(company, run),
        **logs_of(empty_stack, *LOGS),
        "what Temporal keeps": kept_by_temporal(empty_stack),
        "the database": "\n".join((await rows_by_table(company)).values()),
    }
    assert "welcome/1" in readable["the history"]
    assert newcomer.name in readable["what Temporal keeps"]
    assert "a team was authorized" in readable["api.log"]
    assert "it belongs to no flow of this browser" in readable["api.log"]
    assert "notice shown" in readable["worker.log"]
    assert all(text in readable["the database"] for text in (newcomer.name, "installer/1", "Ada Ops"))
    assert set(found({"the browser": "\n".join(drawn.values())}, drawn)) == {
        f"{name} in the browser" for name in drawn
    }
    assert found(readable, secrets_of(empty_stack) | drawn) == []


@pytest.mark.slow
async def test_linking_leaves_no_token_code_link_cookie_or_e_mail_behind(
    responder: Responder, stack: Launched
) -> None:
    """Somebody else opens the link, PagerDuty is told not to allow it, then all goes on to ``unlinkUser``."""
    company = responder.company
    incident = await company.incident()
    await incident.shown_and_recorded()
    await incident.click("acknowledge", by=responder.email)
    await responder.is_offered()
    link = await responder.link()
    other = PlainBrowser()
    page = await other.submit(await other.open(link), "Continue to Microsoft")
    page = await other.submit(page, "Bo Call")
    assert "This link was made for another person" in page.text
    denied = await responder.browser.submit(await responder.up_to_the_end(link), "Deny")
    assert "PagerDuty was told not to allow it." in denied.text
    linked = await responder.browser.submit(await responder.up_to_the_end(link), "Allow")
    assert responder.email in linked.text
    returned = responder.browser.returns[-1]
    assert (await other.open(returned)).status == 400
    assert (await responder.browser.open(returned.replace("state=", "state=x"))).status == 400
    await responder.is_told("You acknowledged this incident.")
    first = await tokens_of(responder, stack)
    room = await made_for(incident, asker=responder.email)
    await responder.expire()
    await incident.click("resolve", by=responder.email)
    await incident.shows(f"Resolved by {responder.name}")
    second = await tokens_of(responder, stack)
    assert not set(first.values()) & set(second.values())
    of_incident, of_link = await incident.runs(), await responder.run()
    await responder.write("status")
    await responder.write("unlinkUser")
    await eventually(lambda: is_unlinked(responder))

    drawn = {
        **{f"{name} at first": token for name, token in first.items()},
        **{f"{name} after the refresh": token for name, token in second.items()},
        "the token of the link": urlsplit(link).path.removeprefix("/l/"),
        **in_the_browser(responder.browser, key_ring(stack)),
        **{f"somebody else's {name}": one for name, one in in_the_browser(other, key_ring(stack)).items()},
    }
    await other.close()
    kinds = {name.partition(" ")[0] for name in drawn}
    assert {"code", "state", "secret", "verifier", "nonce", "cookie"} <= kinds
    told = {
        **{f"{name} of the link": text for name, text in (await told_by(company, of_link)).items()},
        **{f"{name} of the incident": text for name, text in (await told_by(company, *of_incident)).items()},
        **logs_of(stack, *LOGS, "seed"),
    }
    tables = await rows_by_table(company)
    assert responder.name in told["the history of the link"]
    assert responder.name in told["the history of the incident"]
    row = await room.row()
    assert row is not None
    assert row["url"] in told["the history of the incident"]
    assert "a personal link was opened by somebody else" in told["api.log"]
    assert "a person was linked" in told["api.log"]
    assert "a link was refreshed" in told["worker.log"]
    assert responder.id in tables["link_offer"]
    assert set(found({"the browser": "\n".join(drawn.values())}, drawn)) >= {
        f"{name} in the browser" for name in drawn
    }
    assert found(told | tables, secrets_of(stack) | drawn) == []
    without = {name: text for name, text in tables.items() if name not in HOLD_E_MAILS}
    assert found(told | without, {"the e-mail": responder.email}) == []


def found(readable: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    """The names of the secrets that are in texts, as they are or as the hexadecimal digits of a column."""
    return [
        f"{name} in {place}"
        for place, text in readable.items()
        for name in (
            *(name for name, one in secrets.items() if one in text or one.encode().hex() in text),
            *(name for name, pattern in DRAWN_MEANWHILE.items() if pattern.search(text)),
        )
    ]


def in_the_browser(browser: PlainBrowser, ring: KeyRing) -> dict[str, str]:
    """What a browser was given on its way through links, with its sealed flows opened."""
    given = {f"cookie {number}": value for number, (_, value) in enumerate(browser.cookies)}
    for number, address in enumerate(browser.returns):
        told = dict(parse_qsl(urlsplit(address).query))
        given |= {f"{name} {number}": told[name] for name in ("code", "state") if name in told}
    for number, (name, value) in enumerate(browser.cookies):
        if name.startswith(FLOW_COOKIE):
            place = Place("flow_cookie", name.removeprefix(FLOW_COOKIE), "content")
            flow = json.loads(ring.open(base64.urlsafe_b64decode(value), place))
            given |= {
                f"{part} {number}": flow[part] for part in ("secret", "verifier", "nonce") if flow[part]
            }
    return given


async def told_by(company: Company, *runs: WorkflowExecutionDescription) -> dict[str, str]:
    """What Temporal shows of runs."""
    return {
        "the history": "\n".join([await history(company, run) for run in runs]),
        "search attributes, memo and summary": "\n".join(
            text for run in runs for text in texts(run.raw_description)
        ),
    }


def logs_of(stack: Launched, *names: str) -> dict[str, str]:
    """What these processes wrote."""
    return {f"{name}.log": folder_of(stack).log(name).read_text() for name in names}


def kept_by_temporal(stack: Launched) -> str:
    """The files of its store, which nothing compresses."""
    store = folder_of(stack).temporal_store
    return "".join(path.read_bytes().decode("latin-1") for path in store.parent.glob(f"{store.name}*"))


async def rows_by_table(company: Company) -> dict[str, str]:
    """Every row of every table, as text."""
    tables = await company.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {
        table: "\n".join(
            row["shown"] for row in await company.rows(f'SELECT t::text AS shown FROM "{table}" t')
        )
        for (table,) in tables
    }


async def tokens_of(responder: Responder, stack: Launched) -> dict[str, str]:
    """The tokens of somebody's link, opened."""
    (row,) = await responder.rows()
    ring, whose = key_ring(stack), (row["tenant"], row["aad_object_id"], row["account"])
    return {
        name: ring.open(row[name], token_place(*whose, name)) for name in ("access_token", "refresh_token")
    }


async def is_unlinked(responder: Responder) -> bool:
    """The row of their link is gone."""
    return await responder.rows() == []


def key_ring(stack: Launched) -> KeyRing:
    """The keys that seal cookies and columns."""
    return KeyRing.parse(os.environ.get("MUSTER_KEYS") or folder_of(stack).key_ring())


def secrets_of(stack: Launched) -> dict[str, str]:
    """Everything in this company that nobody may learn, by a name that may be told."""
    folder = folder_of(stack)
    company = read_company(folder.company)
    keys = os.environ.get("MUSTER_KEYS") or folder.key_ring()
    return {
        "the app's client secret": company.client_secret,
        "the account's key": company.api_token,
        "the webhook secret": company.webhook_secret,
        "the token of the API": company.muster_token,
        "the bot's app secret": company.bot_app_secret,
        **{f"the token of {one.name}": one.access_token for one in company.pagerduty_users.values()},
        **{f"the key {key_id}": key for key_id, _, key in (pair.partition(":") for pair in keys.split(","))},
    }


async def history(company: Company, run: WorkflowExecutionDescription) -> str:
    """Everything in the history of a run that is a text: payloads, failures, summaries."""
    fetched = await company.temporal.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
    return "\n".join(text for event in fetched.events for text in texts(event))


def texts(value: Any) -> Iterator[str]:
    """Every text at any depth, with payloads opened: they are JSON."""
    match value:
        case Payload():
            yield from texts(value.metadata)
            yield from texts(json.loads(value.data)) if value.data else ()
        case Message():
            for _, content in value.ListFields():
                yield from texts(content)
        case str():
            yield value
        case bytes():
            yield value.decode(errors="replace")
        case Mapping():
            for key, content in value.items():
                yield str(key)
                yield from texts(content)
        case Sequence():
            for content in value:
                yield from texts(content)
        case _:
            yield str(value)


def folder_of(stack: Launched) -> DataFolder:
    """Where a stack keeps its data."""
    return DataFolder(stack.output.parent / "data")
