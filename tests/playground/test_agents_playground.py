"""A client that no one here wrote shows the card, and its button acknowledges the incident."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from sandbox.up.supervision.launch import Launched, launched
from tests.support.chromium import FLAGS, chromium_path
from tests.support.connections import request, sync_client

pytestmark = [pytest.mark.playground, pytest.mark.browser]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Launched]:
    with launched(tmp_path, "--playground") as running:
        yield running


@pytest.fixture
def playground(stack: Launched) -> Iterator[Page]:
    """The Playground's page on the channel "ops"; it is never reloaded, since it shows no history."""
    places = request("GET", stack.ready["start"]).text
    address = re.search(r'href="(http://localhost:\d+)"', places)
    assert address is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page()
        page.goto(address[1])
        page.get_by_text("ops", exact=True).first.click()
        yield page
        browser.close()


@pytest.fixture
def pagerduty(stack: Launched) -> Iterator[httpx.Client]:
    ready = stack.ready
    headers = {"Authorization": f"Token token={ready['pagerduty_token']}", "From": ready["pagerduty_user"]}
    with sync_client(base_url=ready["pagerduty"], headers=headers) as client:
        yield client


def trigger(pagerduty: httpx.Client, service: str) -> str:
    """A new incident; its address."""
    incident = {
        "type": "incident",
        "title": "Checkout is slow",
        "service": {"id": service, "type": "service_reference"},
    }
    answer = pagerduty.post("/incidents", json={"incident": incident})
    return f"/incidents/{answer.json()['incident']['id']}"


def test_an_incident_is_acknowledged_from_the_card(
    stack: Launched, playground: Page, pagerduty: httpx.Client
) -> None:
    incident = trigger(pagerduty, stack.ready["service"])
    card = playground.locator(".ac-adaptiveCard")
    expect(card).to_contain_text("Triggered")
    expect(card).to_contain_text("Checkout is slow")

    card.get_by_role("button", name="Acknowledge").click()
    expect(card).to_contain_text("Acknowledged")
    assert pagerduty.get(incident).json()["incident"]["status"] == "acknowledged"

    resolved = {"incident": {"type": "incident_reference", "status": "resolved"}}
    pagerduty.put(incident, json=resolved).raise_for_status()
    expect(card).to_contain_text("Resolved")
    expect(card).to_have_count(1)
