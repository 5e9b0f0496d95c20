"""The company Acme: its people, teams, channels and services."""

import secrets
import uuid

from sandbox.company.model import (
    Channel,
    Company,
    Connection,
    EscalationPolicy,
    PagerDutyTeam,
    Person,
    Priority,
    Service,
    Team,
    TeamMember,
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


def _without_pagerduty(name: str, email: str, job_title: str) -> Person:
    first = name.split()[0].lower()
    return Person(
        name=name,
        email=email,
        aad_object_id=_uuid(first),
        teams_id=f"29:1{_uuid('teams-' + first).replace('-', '')}",
        pagerduty_user=None,
        role="",
        job_title=job_title,
        linked=False,
        access_token="",
    )


def _channel_id(name: str) -> str:
    return f"19:{_uuid('channel-' + name).replace('-', '')}@thread.tacv2"


def build_company(*, connected: bool = True) -> Company:
    """A fresh company with new secrets; with ``connected=False`` nothing is connected and nobody linked."""
    people = (
        _person(1, "Ada Ops", "owner", "Head of operations", linked=connected),
        _person(2, "Bo Call", "limited_user", "Site reliability engineer", linked=connected),
        _person(3, "Cy Net", "limited_user", "Network engineer", linked=False),
        _person(4, "Di Pager", "user", "Engineering manager", linked=connected),
        _person(5, "Eve Stand", "limited_user", "Payments developer", linked=False),
    )
    mia = _without_pagerduty("Mia Tenant", "mia@acme.example", "Microsoft 365 administrator").model_copy(
        update={"microsoft_admin": True}
    )
    stranger = _without_pagerduty("Sam Stranger", "sam@other.example", "Consultant").model_copy(
        update={"tenant": _uuid("other-tenant")}
    )
    everybody = tuple(p.aad_object_id for p in (*people, mia))
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
    return Company(
        client_id="muster-" + secrets.token_hex(4),
        client_secret=secrets.token_urlsafe(24),
        api_token="y_" + secrets.token_urlsafe(18),
        webhook_secret=secrets.token_hex(32),
        tenant_id=_uuid("tenant"),
        bot_app_id=_uuid("bot"),
        bot_app_secret=secrets.token_urlsafe(24),
        people=(*people, mia, stranger),
        pagerduty_teams=(
            PagerDutyTeam(
                id="PTEAM01",
                name="Payments",
                members=(
                    TeamMember(user="PUSER01", role="manager"),
                    TeamMember(user="PUSER02", role="responder"),
                ),
            ),
            PagerDutyTeam(
                id="PTEAM02",
                name="Platform",
                members=(
                    TeamMember(user="PUSER01", role="manager"),
                    TeamMember(user="PUSER04", role="manager"),
                ),
            ),
            PagerDutyTeam(
                id="PTEAM03",
                name="Fraud",
                default_role="none",
                members=(
                    TeamMember(user="PUSER03", role="responder"),
                    TeamMember(user="PUSER05", role="manager"),
                ),
            ),
        ),
        escalation_policies=(
            EscalationPolicy(id="PEP0001", name="Payments on-call", levels=(("PUSER02",), ("PUSER01",))),
            EscalationPolicy(
                id="PEP0002",
                name="Platform on-call",
                levels=(("PUSER04",), ("PUSER01",)),
                delay_in_minutes=15,
                loops=1,
            ),
            EscalationPolicy(id="PEP0003", name="Fraud on-call", levels=(("PUSER05",), ("PUSER03",))),
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
                acknowledgement_timeout=30 * 60,
                auto_resolve_timeout=4 * 3600,
            ),
            Service(
                id="PSVC004",
                name="Fraud review",
                description="Suspicious payments and chargebacks",
                escalation_policy="PEP0003",
                team="PTEAM03",
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
