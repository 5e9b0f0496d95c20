"""What a company consists of: people, teams, channels, services, and the secrets of its accounts."""

import base64
import hashlib
import hmac
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen piece of the company."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(Value):
    """A person with a Teams account, and mostly with a PagerDuty user."""

    name: str
    email: str
    aad_object_id: str
    teams_id: str
    """The ``29:…`` id by which the bot knows this person."""
    pagerduty_user: str | None
    """``None`` for somebody without a PagerDuty user."""
    role: str
    """PagerDuty's ``user.role``."""
    job_title: str
    linked: bool
    """Whether Muster starts with this person's accounts linked."""
    access_token: str
    """The person's PagerDuty access token."""
    tenant: str | None = None
    """The Microsoft tenant of somebody of another organization; ``None`` for the company's own."""
    guest_from: str | None = None
    """The Microsoft tenant where a guest's account is at home; its object id is of the company's tenant."""
    has_teams: bool = True
    """Whether the person's licence has Teams: without it they are in the directory, and in no new chat."""
    has_mailbox: bool = True
    """Whether the person has a mailbox in Exchange Online, and so a calendar; a guest has none."""
    online_meeting_providers: tuple[str, ...] = ("teamsForBusiness",)
    """The calendar's ``allowedOnlineMeetingProviders``."""
    has_dial_in: bool = True
    """Whether the person's licence has audio conferencing: a telephone number for their meetings."""
    microsoft_admin: bool = False
    """Whether the person may consent to an application's permissions for the whole tenant."""


class Channel(Value):
    """A Teams channel; General's id is its team's id."""

    id: str
    name: str


class Team(Value):
    """A Microsoft team with its channels, General first."""

    id: str
    aad_group_id: str
    name: str
    channels: tuple[Channel, ...]
    members: tuple[str, ...]
    """AAD object ids."""


class EscalationPolicy(Value):
    """A policy whose levels name PagerDuty users."""

    id: str
    name: str
    levels: tuple[tuple[str, ...], ...]
    delay_in_minutes: int = 30
    """How long an incident stays triggered at one level."""
    loops: int = 0
    """How often the policy begins again after its last level (PagerDuty's ``num_loops``)."""


class Service(Value):
    """A PagerDuty service."""

    id: str
    name: str
    description: str
    escalation_policy: str
    team: str | None = None
    """``None`` for a service of no team."""
    more_teams: tuple[str, ...] = ()
    """The other teams of a service of several."""
    acknowledgement_timeout: int | None = None
    """Seconds after which an acknowledged incident is triggered again; None is never."""
    auto_resolve_timeout: int | None = None
    """Seconds after which an open incident is resolved; None is never."""

    @property
    def teams(self) -> tuple[str, ...]:
        """Every team of the service."""
        return (*(() if self.team is None else (self.team,)), *self.more_teams)


TeamRole = Literal["manager", "responder", "observer"]
DefaultRole = Literal["manager", "none"]


class TeamMember(Value):
    """A PagerDuty user in a team, with their role there."""

    user: str
    role: TeamRole


class PagerDutyTeam(Value):
    """A PagerDuty team (a grouping of users and services)."""

    id: str
    name: str
    default_role: DefaultRole = "manager"
    """``none`` for a private team, whose objects only its members, admins and the owner can see."""
    members: tuple[TeamMember, ...] = ()


class Priority(Value):
    """A priority; the first of the list is the highest."""

    id: str
    name: str
    color: str


class Connection(Value):
    """A service whose incidents appear in a channel from the start."""

    service: str
    channel: str


class Company(Value):
    """Everything the simulators start from."""

    account: str = "acme"
    account_id: str = "PACCT01"
    """PagerDuty's id of the account; ID tokens name it beside the subdomain."""
    region: Literal["us", "eu"] = "us"
    """PagerDuty's service region."""
    client_id: str
    client_secret: str
    """The account's Scoped OAuth client: its own tokens, and those of users who allow it."""
    client_scopes: tuple[str, ...] = (
        "abilities.read",
        "change_events.read",
        "custom_fields.read",
        "escalation_policies.read",
        "incident_types.read",
        "incident_workflows.read",
        "incident_workflows:instances.write",
        "incidents.read",
        "incidents.write",
        "oncalls.read",
        "priorities.read",
        "schedules.read",
        "services.read",
        "subscribers.read",
        "subscribers.write",
        "teams.read",
        "users.read",
        "webhook_subscriptions.read",
        "webhook_subscriptions.write",
    )
    """The scopes that the client's registration is granted."""
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
    search_command: str = "findIncident"
    """The ``commandId`` of the search that the app's manifest declares as its message extension."""
    bot_permissions: tuple[str, ...] = (
        "Chat.Create",
        "ChatMember.ReadWrite.All",
        "OnlineMeetings.ReadWrite.All",
        "Organization.Read.All",
        "TeamsAppInstallation.ReadWriteSelfForChat.All",
        "User.ReadBasic.All",
        "Chat.ReadBasic.All",
        "Chat.ReadWrite.All",
        "Chat.ManageDeletion.All",
        "User.Read.All",
        "Calendars.ReadWrite",
        "ChatMessage.Read.All",
    )
    """The application permissions of Microsoft Graph that the bot's registration asks for."""

    people: tuple[Person, ...]
    pagerduty_teams: tuple[PagerDutyTeam, ...]
    escalation_policies: tuple[EscalationPolicy, ...]
    services: tuple[Service, ...]
    priorities: tuple[Priority, ...]
    teams: tuple[Team, ...]
    connections: tuple[Connection, ...]

    @property
    def muster_token(self) -> str:
        """The token by which the account's workflows call Muster's API.

        Made of another secret, so that a company has it whose file was written before there was any.
        """
        digest = hmac.digest(self.webhook_secret.encode(), b"token of the API", hashlib.sha256)
        return "mst_" + base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def pagerduty_users(self) -> dict[str, Person]:
        """Those who have a PagerDuty user, by its id."""
        return {one.pagerduty_user: one for one in self.people if one.pagerduty_user is not None}

    @property
    def colleagues(self) -> tuple[Person, ...]:
        """The people of the company's own tenant."""
        return tuple(one for one in self.people if one.tenant is None)

    def tenant_of(self, person: Person) -> str:
        """The Microsoft tenant of the person's account."""
        return person.tenant or self.tenant_id

    def person(self, key: str) -> Person | None:
        """The person with this AAD object id, e-mail, Teams id or PagerDuty user id."""
        return next(
            (p for p in self.people if key in (p.aad_object_id, p.email, p.teams_id, p.pagerduty_user)), None
        )
