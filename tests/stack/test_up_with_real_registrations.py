"""`muster up` with a MUSTER_CONFIG: what is real, whether it works, and where the others must send."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.up.servers.ports import free_port
from sandbox.up.supervision.launch import launched
from tests.support.connections import request
from tests.support.registrations import Registrations, running_registrations

SECRET = "do-not-show"
PUBLIC = "https://muster.example"

pytestmark = [pytest.mark.slow, pytest.mark.soak]


@pytest.fixture(scope="module")
def registrations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrations]:
    with running_registrations(tmp_path_factory.mktemp("registrations")) as running:
        yield running


def test_real_registrations_are_told_tried_and_given_their_addresses(
    registrations: Registrations, tmp_path: Path
) -> None:
    tenant, account = registrations.teams.tenant_id, registrations.pagerduty.account
    port, health = free_port(), free_port()
    place = {
        "MUSTER_HOST": "0.0.0.0",
        "MUSTER_PORT": str(port),
        "MUSTER_WORKER_HEALTH_PORT": str(health),
        "MUSTER_PUBLIC_URL": PUBLIC,
    }
    with launched(tmp_path, env=registrations.written() | place) as stack:
        said = stack.output.read_text()
        page = request("GET", stack.ready["start"]).text
        assert stack.ready["processes"].keys() == {"postgres", "temporal", "api", "worker"}
        assert stack.ready["api"] == f"http://127.0.0.1:{port}"
        for url in (f"http://127.0.0.1:{port}/readyz", f"http://127.0.0.1:{health}/healthz"):
            assert request("GET", url).status_code == 200
        webhook = request("POST", f"http://127.0.0.1:{port}/webhooks/pagerduty/{account}")
        assert webhook.status_code != 404

    assert (
        f"real: Teams tenant {tenant}, PagerDuty account {account} (us); embedded: Postgres, Temporal" in said
    )
    assert f"Teams tenant {tenant}: works" in said
    assert f"PagerDuty account {account} (us): works" in said
    for address in (f"{PUBLIC}/api/messages", f"{PUBLIC}/webhooks/pagerduty/{account}"):
        assert f"    {address}\n" in said
        assert address in page
    assert "In Teams, add Muster to a team" in " ".join(said.split())
    assert "Nobody outside" not in said + page


def test_a_credential_that_is_refused_is_told_loudly_and_stops_nothing(
    registrations: Registrations, tmp_path: Path
) -> None:
    with launched(tmp_path, env=registrations.written(app_secret=SECRET)) as stack:
        said = stack.output.read_text()
        page = request("GET", stack.ready["start"]).text
        stack_api = stack.ready["api"]
    refused = f"Teams tenant {registrations.teams.tenant_id}: REFUSED: "
    assert said.count(refused) == 2, "when it is tried, and once more where the addresses are"
    assert f"PagerDuty account {registrations.pagerduty.account} (us): works" in said
    assert refused in page
    assert 'role="alert"' in page
    unreached = f"Nobody outside reaches {stack_api}: set MUSTER_PUBLIC_URL"
    assert unreached in said
    assert unreached in page
    logs = [file.read_text(errors="replace") for file in tmp_path.glob("data/logs/*.log")]
    assert not any(SECRET in text for text in (said, page, *logs))
