"""``muster.toml``: what there can be several of, a table each. Nothing in it is named twice."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from muster.identifiers import Subdomain, Uuid
from muster.setting_types import AnyCase, Secret, Text, WebAddress, web_address

_API_HOSTS = {"us": "https://api.pagerduty.com", "eu": "https://api.eu.pagerduty.com"}
_LEAVE = re.compile(r"leave ([1-9]\d{0,3})h")
_WEB_HOSTS = {"us": "pagerduty.com", "eu": "eu.pagerduty.com"}


CloudName = Literal["public", "gcc", "gcc-high", "dod"]
Region = Annotated[Literal["us", "eu"], AnyCase]
"""Where PagerDuty keeps an account."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TeamsRegistration(_Entry):
    """One Entra app and Azure bot: new bots are single-tenant, so there is one per tenant."""

    tenant: Uuid
    app_id: Uuid
    app_secret: Secret
    name: Text = "Muster"
    cloud: Annotated[CloudName, AnyCase] = "public"
    """Microsoft's cloud of the tenant (muster/clients/teams/clouds.py)."""
    catalog_app: Uuid | None = None
    """The id that the tenant's catalog gave the app, for chats that Muster makes. Not the manifest's."""


class PagerDutyAccount(_Entry):
    """One PagerDuty account with its Scoped OAuth app, which serves that account alone."""

    subdomain: Subdomain
    region: Region = "us"
    client_id: Text
    client_secret: Secret
    api_url: str = Field(default="", validate_default=True)
    """Base address of the REST API; by default that of the region."""
    web_url: str = Field(default="", validate_default=True)
    """Base address of what people open in a browser; by default the account's own host in its region."""
    identity_url: WebAddress = "https://identity.pagerduty.com"
    tenants: tuple[Uuid, ...] = ()
    """Microsoft tenants whose teams may belong to this account. Empty: the one that is configured."""
    organiser: Text | None = None
    """E-mail address or object id of whoever organises meetings where nobody else can."""

    @field_validator("api_url")
    @classmethod
    def _default_api_url(cls, value: str, info: ValidationInfo) -> str:
        # A wrong region is not among the data: it has a message of its own.
        return web_address(value) if value else _API_HOSTS.get(info.data.get("region", ""), "")

    @field_validator("web_url")
    @classmethod
    def _default_web_url(cls, value: str, info: ValidationInfo) -> str:
        host = _WEB_HOSTS.get(info.data.get("region", ""), "")
        return web_address(value) if value else f"https://{info.data.get('subdomain', '')}.{host}"

    @property
    def key(self) -> str:
        """How the account is named in workflow ids, rows and addresses."""
        return self.subdomain

    @property
    def regional_url(self) -> str:
        """Base address of the REST API of the region: for whom PagerDuty signs the account's ID tokens."""
        return _API_HOSTS[self.region]


class RoomsTable(_Entry):
    """What happens to people in the chats that are made for incidents."""

    remove: Annotated[Literal["stays", "leaves"], AnyCase] = "stays"
    """Whoever declined to help."""
    after: str = "stay"
    """Everybody, after the resolve: ``stay``, or ``leave 24h``."""

    @field_validator("after")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value != "stay" and _LEAVE.fullmatch(value) is None:
            raise PydanticCustomError("after", "it is stay, or leave and a number of hours: leave 24h")
        return value

    @property
    def leave_after(self) -> float | None:
        """Seconds; ``None``: they stay."""
        hours = _LEAVE.fullmatch(self.after)
        return None if hours is None else int(hours[1]) * 3600.0


class ConfigFile(_Entry):
    """``muster.toml``: a list of each kind, in which nothing is named twice, and a table for rooms."""

    teams: tuple[TeamsRegistration, ...] = ()
    pagerduty: tuple[PagerDutyAccount, ...] = ()
    rooms: RoomsTable = RoomsTable()

    @field_validator("teams")
    @classmethod
    def _one_for_each_tenant(cls, value: tuple[TeamsRegistration, ...]) -> tuple[TeamsRegistration, ...]:
        _refuse_twice("tenant", (entry.tenant for entry in value))
        return value

    @field_validator("pagerduty")
    @classmethod
    def _one_for_each_subdomain(cls, value: tuple[PagerDutyAccount, ...]) -> tuple[PagerDutyAccount, ...]:
        _refuse_twice("subdomain", (entry.subdomain for entry in value))
        return value

    @model_validator(mode="after")
    def _every_account_names_its_tenants(self) -> Self:
        """Where there are several, nobody is to be offered another tenant's account."""
        known = {entry.tenant for entry in self.teams}
        for entry in self.pagerduty:
            if len(known) > 1 and not entry.tenants:
                raise PydanticCustomError(
                    "tenants",
                    "the account {account} must name its tenants, as there are several",
                    {"account": entry.subdomain},
                )
            for tenant in entry.tenants:
                if tenant not in known:
                    raise PydanticCustomError(
                        "tenants",
                        "the account {account} names the tenant {tenant}, which has no table [[teams]]",
                        {"account": entry.subdomain, "tenant": tenant},
                    )
        return self


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PydanticCustomError(
                "twice", "two tables have the {what} {name}", {"what": what, "name": name}
            )
        seen.add(name)
