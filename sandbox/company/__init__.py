"""The small company whose PagerDuty account and Teams tenant the sandbox simulates.

Names and ids are fixed, so that tests and documentation can use them. Secrets are new in each company file.
"""

from sandbox.company.acme import build_company
from sandbox.company.file import read_company, write_company
from sandbox.company.model import (
    Channel,
    Company,
    Connection,
    DefaultRole,
    EscalationPolicy,
    PagerDutyTeam,
    Person,
    Priority,
    Service,
    Team,
    TeamMember,
    TeamRole,
)

__all__ = [
    "Channel",
    "Company",
    "Connection",
    "DefaultRole",
    "EscalationPolicy",
    "PagerDutyTeam",
    "Person",
    "Priority",
    "Service",
    "Team",
    "TeamMember",
    "TeamRole",
    "build_company",
    "read_company",
    "write_company",
]
