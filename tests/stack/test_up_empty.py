"""`muster up --empty`: what to do next is said, can be done, and nothing of it is for other people's eyes."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.company import read_company
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched, launched
from sandbox.up.supervision.parts import muster_command
from tests.support.company import TENANT
from tests.support.connections import request
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    before = os.umask(0)
    try:
        with launched(tmp_path_factory.mktemp("empty"), "--empty") as running:
            yield running
    finally:
        os.umask(before)


def data_of(stack: Launched) -> DataFolder:
    return DataFolder(stack.ready_file.parent / "data")


def test_the_next_step_is_said(stack: Launched) -> None:
    said = " ".join(stack.output.read_text().split())
    page = request("GET", stack.ready["start"]).text
    for text in (said, page):
        assert "Nothing is connected yet. In Teams, as Ada Ops, add Muster to a team" in text
        assert "setting-up.md" in text


def test_nothing_is_seeded_and_the_product_knows_its_account_and_its_tenant(stack: Launched) -> None:
    assert not data_of(stack).seed.exists()
    assert "seed" not in {path.stem for path in (data_of(stack).path / "logs").glob("*.log")}


def test_the_database_of_a_stack_is_seeded_as_the_docs_say(stack: Launched, tmp_path: Path) -> None:
    folder = data_of(stack)
    file = tmp_path / "seed.json"
    file.write_text(json.dumps({"tenants": [{"id": TENANT, "name": "Acme"}]}))
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_", "DATABASE_"))
    }
    ended = subprocess.run(
        muster_command("seed", str(file)),
        env={**bare, "MUSTER_SECRETS_DIR": str(folder.secrets)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")


def test_everything_that_is_kept_is_for_its_owner_alone(stack: Launched) -> None:
    folder = data_of(stack)
    incident = {"type": "incident", "title": "x", "service": {"id": "PSVC001", "type": "service_reference"}}
    request(
        "POST",
        f"{stack.ready['pagerduty']}/incidents",
        json={"incident": incident},
        headers={
            "Authorization": f"Token token={stack.ready['pagerduty_token']}",
            "From": stack.ready["pagerduty_user"],
        },
    ).raise_for_status()
    wait_until((folder.path / "pagerduty.json").exists)
    paths = [path for path in (folder.path, *folder.path.rglob("*")) if not path.is_symlink()]
    open_to_others = {
        str(path.relative_to(folder.path)): oct(path.stat().st_mode)
        for path in paths
        if stat.S_IMODE(path.stat().st_mode) not in ((0o700,) if path.is_dir() else (0o600,))
    }
    assert open_to_others == {}
    names = {path.name for path in paths}
    kept = {"temporal.db", "postmaster.pid", "api.log", "pagerduty.json", "ca-key.pem", "muster.toml"}
    assert kept <= names


def test_nothing_is_consented_and_the_product_is_the_registered_way_back(stack: Launched) -> None:
    microsoft, company = stack.ready["microsoft"], read_company(data_of(stack).company)
    consent = request("GET", f"{microsoft}/_sandbox/consent").json()
    assert (consent["granted"], consent["requested"]) == ([], list(company.bot_permissions))
    query = {
        "client_id": company.bot_app_id,
        "scope": "https://graph.microsoft.com/.default",
        "redirect_uri": f"{stack.ready['api']}/oauth/microsoft/callback",
    }
    page = f"{microsoft}/{company.tenant_id}/v2.0/adminconsent"
    assert request("GET", page, params=query).status_code == 200
    query["redirect_uri"] += "/"
    assert request("GET", page, params=query).status_code == 400


def test_the_links_of_muster_ui_lead_to_this_stack(stack: Launched) -> None:
    command = muster_command("ui", "--data", str(data_of(stack).path))
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    links = [line.strip() for line in told.splitlines() if line.strip().startswith("http")]
    assert len(links) == 6
    assert all(link.startswith(f"{stack.ready['temporal_ui']}/namespaces/default/") for link in links)
