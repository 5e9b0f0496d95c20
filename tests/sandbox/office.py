"""Teams and Microsoft's simulators together: group chats, as Graph and people see them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.company import Company, Person, build_company
from tests.sandbox.chats import crowded
from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.sandbox.teams_process import TeamsProcess, running_teams
from tests.schemas.exchange import exchange_of
from tests.schemas.graph import graph_api

GRAPH = "https://graph.microsoft.com/v1.0"


@dataclass
class Office:
    """Both simulators, and the app with its token."""

    microsoft: MicrosoftProcess
    teams: TeamsProcess
    http: httpx.Client

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of the app's; its answer is one that Graph's description has."""
        headers = {"Authorization": f"Bearer {self.microsoft.graph_token()}"}
        answer = self.http.request(method, f"/v1.0{path}", json=body, headers=headers)
        graph_api().check_answer(exchange_of(answer, under="/v1.0"))
        return answer

    def person(self, name: str) -> Person:
        return next(one for one in self.microsoft.company.people if one.name.startswith(name))

    @property
    def guest(self) -> Person:
        return next(one for one in self.microsoft.company.people if one.guest_from is not None)

    def patient(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The same, made as often as Graph asks to wait: its limit uses real time."""
        while (answer := self.call(method, path, body)).status_code == 429:
            time.sleep(int(answer.headers["Retry-After"]))  # seconds of the limit, which no condition tells
        return answer

    def created(self, *names: str, topic: str = "Incident #42 Checkout") -> dict[str, Any]:
        body = chat(*map(self.person, names), topic=topic)
        answer = self.patient("POST", "/chats", body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def members(self, chat_id: str) -> list[dict[str, Any]]:
        answer = self.call("GET", f"/chats/{chat_id}/members")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["value"]
        return found

    def names(self, chat_id: str) -> list[str]:
        return [one["displayName"].partition(" ")[0] for one in self.members(chat_id)]

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of a call that is refused."""
        answer = self.call(method, path, body)
        return answer.status_code, str(answer.json()["error"]["code"])

    def fault(self, on: str, do: str, **more: Any) -> None:
        assert self.teams.post("/_sandbox/faults", {"on": on, "do": do, **more}).status_code == 201

    def asked(self, method: str, path: str) -> int:
        """How many calls about chats came with this method and a path that ends so."""
        calls = self.teams.records()["graph_calls"]
        return len([one for one in calls if one["method"] == method and one["path"].endswith(path)])

    def reset(self) -> None:
        self.teams.reset()
        self.microsoft.sandbox("POST", "reset")

    def revoke(self, *permissions: str) -> None:
        """An admin takes them back."""
        for one in permissions:
            self.microsoft.sandbox("DELETE", f"consent/{one}")


@contextmanager
def running_office(folder: Path, *, crowd: int = 0, company: Company | None = None) -> Iterator[Office]:
    """Acme with a guest, and so many more people, or this company.

    All is granted that the registration asks for.
    """
    company = company or crowded(with_guest(build_company()), crowd)
    with (
        running_teams(folder, company=company) as teams,
        running_microsoft(folder, "--teams-url", teams.url, "--consented", company=company) as microsoft,
        microsoft.programs() as http,
    ):
        yield Office(microsoft, teams, http)


def with_guest(company: Company) -> Company:
    """Greta, whose account is at home elsewhere."""
    return with_one_more(
        company,
        name="Greta Guest",
        email="greta@partner.example",
        aad_object_id="00000000-0000-4000-9000-000000000001",
        teams_id="29:1greta",
        guest_from="77777777-7777-4777-8777-777777777777",
    )


def with_unlicensed(company: Company) -> Company:
    """Lee, whom the directory has and Teams does not."""
    return with_one_more(
        company,
        name="Lee Mail",
        email="lee@acme.example",
        aad_object_id="00000000-0000-4000-9000-000000000002",
        teams_id="29:1lee",
        has_teams=False,
    )


def with_one_more(company: Company, **person: Any) -> Company:
    """Somebody of the company's directory who has no user in PagerDuty."""
    stranger = next(one for one in company.people if one.tenant is not None)
    new = stranger.model_copy(update={"tenant": None, "guest_from": None, "pagerduty_user": None, **person})
    return company.model_copy(update={"people": (*company.people, new)})


def member(person: Person, role: str = "owner", **more: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "roles": [role],
        "user@odata.bind": f"{GRAPH}/users('{person.aad_object_id}')",
        **more,
    }


def chat(*people: Person, topic: str | None = "Incident #42 Checkout", **more: Any) -> dict[str, Any]:
    return {"chatType": "group", "topic": topic, "members": [member(one) for one in people], **more}
