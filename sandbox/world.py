"""The small company that the sandbox plays: one world file, read by both simulators and the stack.

Names and ids are fixed, so that tests and documentation can speak of them; every secret is drawn
when the file is made.
"""

import secrets
import uuid
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen piece of the world."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(Part):
    """Somebody who has a PagerDuty user and a Teams account."""

    name: str
    email: str
    aad_object_id: str
    teams_id: str
    """The ``29:…`` id that Teams gives this person towards the bot."""
    pagerduty_user: str
    role: str
    """PagerDuty's ``user.role``."""
    job_title: str
    linked: bool
    """Whether Muster starts with this person's accounts linked."""
    access_token: str
    """The person's PagerDuty token, as a link would hold it."""


class Channel(Part):
    """A Teams channel; General's id is its team's id."""

    id: str
    name: str


class Team(Part):
    """A Microsoft team with its channels, General first."""

    id: str
    aad_group_id: str
    name: str
    channels: tuple[Channel, ...]
    members: tuple[str, ...]
    """AAD object ids."""


class EscalationPolicy(Part):
    """A policy whose levels name PagerDuty users."""

    id: str
    name: str
    levels: tuple[tuple[str, ...], ...]


class Service(Part):
    """A PagerDuty service."""

    id: str
    name: str
    description: str
    escalation_policy: str
    team: str


class PagerDutyTeam(Part):
    """A PagerDuty team (a grouping of users and services)."""

    id: str
    name: str


class Priority(Part):
    """A priority; the first of the list is the highest."""

    id: str
    name: str
    color: str


class Connection(Part):
    """A service whose incidents appear in a channel from the start."""

    service: str
    channel: str


class World(Part):
    """Everything both simulators start from."""

    account: str = "acme"
    account_id: str = "PACME01"
    client_id: str
    client_secret: str
    """The account's Scoped OAuth client (client credentials)."""
    api_token: str
    """An account-wide REST key, for tests and scripts."""
    api_user: str = "PUSER01"
    webhook_subscription: str = "PWSUB01"
    webhook_secret: str

    tenant_id: str
    tenant_name: str = "Acme"
    bot_app_id: str
    bot_app_secret: str
    bot_name: str = "Muster"

    people: tuple[Person, ...]
    pagerduty_teams: tuple[PagerDutyTeam, ...]
    escalation_policies: tuple[EscalationPolicy, ...]
    services: tuple[Service, ...]
    priorities: tuple[Priority, ...]
    teams: tuple[Team, ...]
    connections: tuple[Connection, ...]

    def person(self, key: str) -> Person | None:
        """The person with this AAD object id, e-mail, Teams id or PagerDuty user id."""
        return next(
            (p for p in self.people if key in (p.aad_object_id, p.email, p.teams_id, p.pagerduty_user)), None
        )


def _uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.acme.example"))


def _person(number: int, name: str, role: str, job_title: str, *, linked: bool) -> Person:
    first = name.split()[0].lower()
    return Person(
        name=name,
        email=f"{first}@acme.example",
        aad_object_id=_uuid(first),
        teams_id=f"29:1{_uuid('teams-' + first).replace('-', '')}",
        pagerduty_user=f"PUSER{number:02}",
        role=role,
        job_title=job_title,
        linked=linked,
        access_token="pdus+_0" + secrets.token_urlsafe(24),
    )


def _channel_id(name: str) -> str:
    return f"19:{_uuid('channel-' + name).replace('-', '')}@thread.tacv2"


def build_world(*, connected: bool = True) -> World:
    """A fresh world with new secrets; with ``connected=False`` nothing is connected and nobody linked."""
    people = (
        _person(1, "Ada Ops", "owner", "Head of operations", linked=connected),
        _person(2, "Bo Call", "limited_user", "Site reliability engineer", linked=connected),
        _person(3, "Cy Net", "limited_user", "Network engineer", linked=False),
        _person(4, "Di Pager", "user", "Engineering manager", linked=connected),
        _person(5, "Eve Stand", "limited_user", "Payments developer", linked=False),
    )
    everybody = tuple(p.aad_object_id for p in people)
    payments = Team(
        id=_channel_id("payments-general"),
        aad_group_id=_uuid("group-payments"),
        name="Payments",
        channels=(
            Channel(id=_channel_id("payments-general"), name="General"),
            Channel(id=_channel_id("payments-ops"), name="ops"),
            Channel(id=_channel_id("payments-releases"), name="releases"),
        ),
        members=everybody,
    )
    platform = Team(
        id=_channel_id("platform-general"),
        aad_group_id=_uuid("group-platform"),
        name="Platform",
        channels=(
            Channel(id=_channel_id("platform-general"), name="General"),
            Channel(id=_channel_id("platform-alerts"), name="alerts"),
        ),
        members=everybody,
    )
    connections = (
        Connection(service="PSVC001", channel=_channel_id("payments-ops")),
        Connection(service="PSVC002", channel=_channel_id("payments-ops")),
        Connection(service="PSVC002", channel=_channel_id("platform-alerts")),
    )
    return World(
        client_id="muster-" + secrets.token_hex(4),
        client_secret=secrets.token_urlsafe(24),
        api_token="y_" + secrets.token_urlsafe(18),
        webhook_secret=secrets.token_hex(32),
        tenant_id=_uuid("tenant"),
        bot_app_id=_uuid("bot"),
        bot_app_secret=secrets.token_urlsafe(24),
        people=people,
        pagerduty_teams=(
            PagerDutyTeam(id="PTEAM01", name="Payments"),
            PagerDutyTeam(id="PTEAM02", name="Platform"),
        ),
        escalation_policies=(
            EscalationPolicy(id="PEP0001", name="Payments on-call", levels=(("PUSER02",), ("PUSER01",))),
            EscalationPolicy(id="PEP0002", name="Platform on-call", levels=(("PUSER04",), ("PUSER01",))),
        ),
        services=(
            Service(
                id="PSVC001",
                name="Checkout",
                description="Carts, prices and the pay button",
                escalation_policy="PEP0001",
                team="PTEAM01",
            ),
            Service(
                id="PSVC002",
                name="Ledger",
                description="Bookings, payouts and their reports",
                escalation_policy="PEP0001",
                team="PTEAM01",
            ),
            Service(
                id="PSVC003",
                name="Edge network",
                description="Load balancers and certificates",
                escalation_policy="PEP0002",
                team="PTEAM02",
            ),
        ),
        priorities=(
            Priority(id="PPRIO01", name="P1", color="a8171c"),
            Priority(id="PPRIO02", name="P2", color="eb6016"),
            Priority(id="PPRIO03", name="P3", color="f9b406"),
            Priority(id="PPRIO04", name="P4", color="555555"),
        ),
        teams=(payments, platform),
        connections=connections if connected else (),
    )


def read_world(path: Path) -> World:
    """The world that ``write_world`` wrote."""
    return World.model_validate_json(path.read_text())


def write_world(path: Path, world: World) -> None:
    """Write the world, readable by its owner alone since it holds every secret of the sandbox."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(world.model_dump_json(indent=1))
