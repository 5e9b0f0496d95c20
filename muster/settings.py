"""All configuration, frozen, read once per process and passed down.

``muster.toml`` (path in ``MUSTER_CONFIG``) lists what there can be several of; everything else is an
environment variable, or a file of its name in small letters in the folder ``MUSTER_SECRETS_DIR``, as
containers are given their secrets. Any value of ``muster.toml`` may be ``env:NAME`` or ``file:PATH``.
"""

import os
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from muster.store.database_address import DatabaseAddress, WrongDatabaseUrl
from muster.store.database_url import parse_database_url

_API_HOSTS = {"us": "https://api.pagerduty.com", "eu": "https://api.eu.pagerduty.com"}


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TeamsRegistration(_Entry):
    """One Entra app and Azure bot: new bots are single-tenant, so there is one per tenant."""

    tenant: str
    app_id: str
    app_secret: SecretStr
    name: str = "Muster"


class PagerDutyAccount(_Entry):
    """One PagerDuty account with its Scoped OAuth app, which serves that account alone."""

    subdomain: str
    region: Literal["us", "eu"] = "us"
    client_id: str
    client_secret: SecretStr
    api_url: str = Field(default="", validate_default=True)
    """Base address of the REST API; by default that of the region."""
    identity_url: str = "https://identity.pagerduty.com"

    @field_validator("api_url")
    @classmethod
    def _default_api_url(cls, value: str, info: ValidationInfo) -> str:
        # A wrong region is not among the data: it has a message of its own.
        return value or _API_HOSTS.get(info.data.get("region", ""), "")

    @property
    def key(self) -> str:
        """How the account is named in workflow ids, rows and addresses."""
        return self.subdomain


class ConfigFile(_Entry):
    """``muster.toml``: a list of each kind, in which nothing is named twice."""

    teams: tuple[TeamsRegistration, ...] = ()
    pagerduty: tuple[PagerDutyAccount, ...] = ()

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


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two tables have the {what} {name}")
        seen.add(name)


def _database_address(value: Any) -> DatabaseAddress:
    if isinstance(value, DatabaseAddress):
        return value
    try:
        return parse_database_url(str(value))
    except WrongDatabaseUrl as error:
        raise PydanticCustomError("database_url", "{reason}", {"reason": str(error)}) from None


class Settings(BaseSettings):
    """Everything a process of Muster needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="MUSTER_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    config: Path | None = None
    """``MUSTER_CONFIG``: the file with registrations and accounts."""
    database_url: Annotated[DatabaseAddress, NoDecode, PlainValidator(_database_address)] = Field(
        validation_alias="DATABASE_URL"
    )
    migrate_database_url: Annotated[DatabaseAddress | None, NoDecode, PlainValidator(_database_address)] = (
        Field(default=None, validate_default=False)
    )
    """Where ``muster migrate`` changes the schema; by default where everybody reads it."""
    database_pooler: Literal["none", "transaction"] = "none"
    """What stands before ``database_url``: pgbouncer in transaction mode, or nothing like it."""
    temporal_address: str = Field(default="127.0.0.1:7233", validation_alias="TEMPORAL_ADDRESS")
    temporal_namespace: str = Field(default="default", validation_alias="TEMPORAL_NAMESPACE")
    task_queue: str = "muster"
    keys: SecretStr
    """``MUSTER_KEYS``: the key ring, ``id:base64`` separated by commas, current key first (32 bytes each)."""

    public_url: str = "http://127.0.0.1:8080"
    host: str = "127.0.0.1"
    port: int = 8080
    header_within: float = Field(default=5, gt=0)
    """Seconds from a connection, or from a request's first byte on a kept one, to the end of the header."""
    body_within: float = Field(default=8, gt=0)
    """Seconds from there to the end of the body."""
    keep_alive: float = Field(default=5, gt=0)
    """Seconds that a connection is kept after an answer."""
    waiting_connections: int = Field(default=500, ge=1)
    """Most connections that have not brought a whole request; above it the oldest are dropped."""
    connections: int = Field(default=2000, ge=1)
    """Most connections of all."""
    worker_health_port: int | None = None
    workflow_sandbox: bool = False
    """Run workflows in the SDK's sandbox: a life costs 71 ms of its CPU, not 56 (docs/decisions/0020)."""
    places: int = Field(default=64, ge=1)
    """Clicks that one API process works on at once; the others wait for one to be answered."""
    places_per_card: int = Field(default=40, ge=1)
    """Of these, clicks on one card. The API processes together must stay below the updates that the Temporal
    server lets be in flight for a run: ten by default, a hundred as deploy/temporal sets it."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    bot_metadata_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    microsoft_authority: str = "https://login.microsoftonline.com"
    microsoft_ca_file: Path | None = None
    """Certificate authority of ``microsoft_authority`` where the system does not know it."""
    service_hosts: Annotated[tuple[str, ...], NoDecode] = ("smba.trafficmanager.net", ".botframework.com")
    """Hosts a bot token may be sent to: a name, or with a leading dot any name below it."""

    edit_interval: float = Field(default=1.5, ge=0)
    """Seconds between two edits of one card."""
    grace: float = Field(default=600, ge=0)
    """Seconds a resolved incident's run stays to catch what still comes."""

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("service_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("database_pooler")
    @classmethod
    def _pooled_sessions_have_no_settings(cls, value: str, info: ValidationInfo) -> str:
        address = info.data.get("database_url")
        if value == "transaction" and address is not None and address.server_settings:
            name = address.server_settings[0][0]
            raise PydanticCustomError(
                "database_pooler",
                "a pooler loses {name}, which DATABASE_URL asks for: set it for the role (ALTER ROLE … SET)",
                {"name": name},
            )
        return value

    @cached_property
    def database(self) -> DatabaseAddress:
        """Where everything but ``muster migrate`` finds the database."""
        return replace(self.database_url, pooled=self.database_pooler == "transaction")

    @cached_property
    def _file(self) -> ConfigFile:
        if self.config is None:
            return ConfigFile()
        tables = tomllib.loads(self.config.read_text())
        return ConfigFile.model_validate(_resolve(tables, self.config.parent))

    @cached_property
    def teams(self) -> dict[str, TeamsRegistration]:
        """Registrations by tenant."""
        return {entry.tenant: entry for entry in self._file.teams}

    @cached_property
    def accounts(self) -> dict[str, PagerDutyAccount]:
        """PagerDuty accounts by key."""
        return {entry.key: entry for entry in self._file.pagerduty}


def _resolve(value: Any, folder: Path) -> Any:
    """Replace ``env:NAME`` and ``file:PATH`` (relative to the configuration) anywhere in the file."""
    match value:
        case dict():
            return {key: _resolve(item, folder) for key, item in value.items()}
        case list():
            return [_resolve(item, folder) for item in value]
        case str() if value.startswith("env:"):
            name = value.removeprefix("env:")
            if name not in os.environ:
                raise ValueError(
                    f"the configuration asks for the environment variable {name}, which is not set"
                )
            return os.environ[name]
        case str() if value.startswith("file:"):
            return (folder / value.removeprefix("file:")).read_text().strip()
        case _:
            return value


def load_settings() -> Settings:
    """Read the environment and the files of secrets; a variable wins. Raises pydantic's ValidationError."""
    return Settings(_secrets_dir=os.environ.get("MUSTER_SECRETS_DIR"))
