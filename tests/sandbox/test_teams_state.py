"""What outlives a restart and a reset, and that nothing holds up the end."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.company import build_company, write_company
from tests.sandbox.teams_process import REPOSITORY, TeamsProcess, message, running_teams
from tests.support.connections import request, sync_client
from tests.support.waiting import wait_until

PAGE = Path(__file__).parents[2] / "sandbox" / "teams" / "page"


def send(teams: TeamsProcess, conversation: str | None = None) -> httpx.Response:
    with teams.connector() as bot:
        return bot.post(f"v3/conversations/{conversation or teams.channel}/activities", json=message("x"))


def test_a_restart_keeps_everything_and_ids_go_on(tmp_path: Path) -> None:
    with running_teams(tmp_path) as teams:
        sent = send(teams).json()["id"]
        for event in (
            {"event": "teamRenamed", "name": "Network"},
            {"event": "channelDeleted", "channel": "alerts"},
            {"event": "channelCreated", "name": "inner", "type": "private", "has_app": True},
            {"event": "teamArchived", "after_next": True},
            {"event": "teamDeleted", "only": "none"},
        ):
            happened = teams.post("/_sandbox/team", {"team": teams.company.teams[1].id} | event)
            assert happened.status_code == 200
        token, before = teams.bot_token(), teams.records()
        lists = teams.get("/page/state", person=teams.person(0).aad_object_id)
        teams.stop()
        teams.start()
        assert teams.records() == before
        assert teams.get("/page/state", person=teams.person(0).aad_object_id) == lists
        edited = request(
            "PUT",
            f"{teams.url}/teams/v3/conversations/{teams.channel}/activities/{sent}",
            json=message("y"),
            headers={"Authorization": f"Bearer {token}"},
        )
        assert edited.status_code == 200, "the bot's token outlives the restart"
        restored = {"team": teams.company.teams[1].id, "event": "teamRestored"}
        assert teams.post("/_sandbox/team", restored).json()["statuses"] == [200, 200]
        told = [a["channelData"]["eventType"] for a in teams.bot.activities[-2:]]
        assert told == ["teamRestored", "teamArchived"], "what was held back comes after the restart"
        inner = teams.records()["conversations"][-1]["id"]
        assert send(teams, inner).status_code == 403, "still archived"
        teams.reset()
        assert teams.messages(teams.channel) == []
        assert int(send(teams).json()["id"]) > int(sent)


def test_links_on_cards_follow_the_sandboxs_ports(tmp_path: Path) -> None:
    ports = tmp_path / "ports.json"

    def link(pagerduty: int) -> str:
        ports.write_text(json.dumps({"now": {"pagerduty_port": pagerduty}}))
        return f"[#1](http://127.0.0.1:{pagerduty}/app/incidents/Q1)"

    before = link(8092)
    with running_teams(tmp_path, "--ports", str(ports)) as teams:
        with teams.connector() as bot:
            bot.post(f"v3/conversations/{teams.channel}/activities", json=message(before)).raise_for_status()
        assert before in json.dumps(teams.messages(teams.channel))
        teams.stop()
        now = link(20_001)
        teams.start()
        assert now in json.dumps(teams.messages(teams.channel))
        assert ":8092" not in json.dumps(teams.messages(teams.channel))


def test_a_killed_process_loses_half_a_second_at_most(tmp_path: Path) -> None:
    with running_teams(tmp_path) as teams:
        sent = send(teams).json()["id"]
        state = tmp_path / "state.json"
        wait_until(lambda: state.exists() and sent in state.read_text(), within=2)
        teams.stop(signal.SIGKILL)
        teams.start()
        assert [m["id"] for m in teams.messages(teams.channel)] == [sent]


def test_open_pages_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with running_teams(tmp_path) as teams, sync_client() as http:
        address = f"{teams.url}/page/events?person={teams.person(0).aad_object_id}"
        with http.stream("GET", address) as stream:
            lines = stream.iter_lines()
            next(lines)
            teams.stop()
            # The simulator has ended the stream. One that it had waited for and cut would end in an error.
            for _ in lines:
                pass
        assert teams.process is not None
        assert teams.process.returncode == 0


def test_without_connections_the_bot_is_nowhere_until_installed(tmp_path: Path) -> None:
    with running_teams(tmp_path, connected=False) as teams:
        assert send(teams).status_code == 403
        assert send(teams, teams.personal_chat(teams.person(0))).status_code == 403
        installed = teams.post(
            "/_sandbox/install", {"person": "ada@acme.example", "team": teams.company.teams[0].id}
        )
        assert installed.is_success
        assert send(teams).status_code == 201
        assert send(teams, teams.personal_chat(teams.person(0))).status_code == 201
        assert send(teams, teams.company.teams[1].id).status_code == 403


def test_the_page_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = tmp_path / "adaptivecards.min.js"
    monkeypatch.setenv("MUSTER_ADAPTIVECARDS_JS", str(renderer))
    with running_teams(tmp_path) as teams:
        missing = request("GET", f"{teams.url}/")
        assert missing.status_code == 503
        assert "adaptivecards" in missing.text
        assert "make setup" in missing.text
        renderer.write_text("var AdaptiveCards;")
        assert request("GET", f"{teams.url}/page/vendor/adaptivecards.min.js").text == "var AdaptiveCards;"
        index = request("GET", f"{teams.url}/")
        assert index.text == (PAGE / "index.html").read_text()
        assert request("GET", f"{teams.url}/page/static/index.html").text == index.text


def test_a_damaged_snapshot_is_named(tmp_path: Path) -> None:
    write_company(tmp_path / "company.json", build_company())
    (tmp_path / "state.json").write_text('{"format": 2}')
    options = f"--company {tmp_path}/company.json --port 1 --ca-dir {tmp_path} --bot http://127.0.0.1:3"
    command = [
        sys.executable,
        "-m",
        "sandbox.teams",
        *options.split(),
        "--state",
        str(tmp_path / "state.json"),
    ]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert (
        ended.stderr
        == f"{tmp_path}/state.json is not a snapshot of this simulator; remove it to start anew\n"
    )
