"""All configuration, frozen, read once per process and passed down.

``muster.toml`` (path in ``MUSTER_CONFIG``) lists what there can be several of; everything else is an
environment variable, or a file of its name in small letters in the folder ``MUSTER_SECRETS_DIR``, as
containers are given their secrets. Any value of ``muster.toml`` may be ``env:NAME`` or ``file:PATH``.
"""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    PlainValidator,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from muster.config_file import ConfigFile, PagerDutyAccount, RoomsTable, TeamsRegistration
from muster.loopback import is_loopback
from muster.setting_sources import SecretFiles, Variables
from muster.setting_types import (
    AllowedHost,
    BaseAddress,
    Host,
    HostAndPort,
    Seconds,
    Text,
    WebAddress,
    is_address,
)
from muster.store.database_address import DatabaseAddress, WrongDatabaseUrl
from muster.store.database_url import parse_database_url
from muster.teams_cli import registration_written
from muster.toml_file import read_toml


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
        env_prefix="MUSTER_",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
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
    temporal_address: HostAndPort = Field(default="127.0.0.1:7233", validation_alias="TEMPORAL_ADDRESS")
    temporal_namespace: Text = Field(default="default", validation_alias="TEMPORAL_NAMESPACE")
    task_queue: Text = "muster"
    keys: SecretStr
    """``MUSTER_KEYS``: the key ring, ``id:base64`` separated by commas, current key first (32 bytes each)."""

    tenant_id: str | None = Field(default=None, validation_alias="TENANT_ID")
    """With the next two the registration where the file has none, as Microsoft's Teams CLI writes them."""
    client_id: str | None = Field(default=None, validation_alias="CLIENT_ID")
    client_secret: SecretStr | None = Field(default=None, validation_alias="CLIENT_SECRET")

    public_url: BaseAddress = "http://127.0.0.1:8080"
    host: Host = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    header_within: Seconds = Field(default=5, gt=0)
    """Seconds from a connection, or from a request's first byte on a kept one, to the end of the header."""
    body_within: Seconds = Field(default=8, gt=0)
    """Seconds from there to the end of the body."""
    keep_alive: Seconds = Field(default=5, gt=0)
    """Seconds that a connection is kept after an answer."""
    waiting_connections: int = Field(default=500, ge=1)
    """Most connections that have not brought a whole request; above it the oldest are dropped."""
    connections: int = Field(default=2000, ge=1)
    """Most connections of all."""
    worker_health_port: int | None = Field(default=None, ge=0, le=65535)
    workflow_sandbox: bool = False
    """Run workflows in the SDK's sandbox: a life costs 71 ms of its CPU, not 56 (docs/decisions/0020)."""
    places: int = Field(default=64, ge=1)
    """Clicks that one API process works on at once; the others wait for one to be answered."""
    places_per_card: int = Field(default=40, ge=1)
    """Of these, clicks on one card. The API processes together must stay below the updates that the Temporal
    server lets be in flight for a run: ten by default, a hundred as deploy/temporal sets it."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    proxy: SecretStr | None = None
    """``MUSTER_PROXY``: over which every call to Microsoft and PagerDuty goes, ``http://[name:password@]host``
    with the port. Proxies that the environment names count for nothing."""
    ca_file: Path | None = None
    """``MUSTER_CA_FILE``: certificate authorities (PEM) that count beside the system's."""

    # What stands in a registration's cloud, where these four do not say otherwise for all registrations.
    bot_metadata_url: WebAddress | None = None
    microsoft_authority: WebAddress | None = None
    graph_url: WebAddress | None = None
    service_hosts: Annotated[tuple[AllowedHost, ...] | None, NoDecode] = None
    """Hosts a bot token may be sent to: a name, or with a leading dot any name below it."""

    link_life: Seconds = Field(default=3600, gt=0)
    """Seconds for which a link of a set-up may be used."""
    edit_interval: Seconds = Field(default=1.5, ge=0)
    """Seconds between two edits of one card."""
    grace: Seconds = Field(default=600, ge=0)
    """Seconds a resolved incident's run stays to catch what still comes."""
    room_grace: Seconds = Field(default=60, ge=0)
    """Seconds from a resolve until the incident's own chat is told how it went."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, the environment, the files of secrets: what comes first wins."""
        return init_settings, Variables(settings_cls), SecretFiles(settings_cls)

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _https_or_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise PydanticCustomError(
                "public_url", "it must be https: what people open there is bound to their browser"
            )
        return value

    @field_validator("service_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip()) or None
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

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_address(value.get_secret_value(), "http"):
            raise PydanticCustomError(
                "proxy",
                "it must be http://host:port, where the proxy asks for them http://name:password@host:port",
            )
        return value

    @cached_property
    def _file(self) -> ConfigFile:
        kinds = (ConfigFile, TeamsRegistration, PagerDutyAccount, RoomsTable)
        keys = {name for kind in kinds for name in kind.model_fields}
        tables = {} if self.config is None else read_toml(self.config, keys=keys)
        if not tables.get("teams") and (registration := registration_written(self._registration)):
            tables["teams"] = [registration]
        return ConfigFile.model_validate(tables)

    @property
    def _registration(self) -> dict[str, Any]:
        return {"tenant": self.tenant_id, "app_id": self.client_id, "app_secret": self.client_secret}

    @cached_property
    def teams(self) -> dict[str, TeamsRegistration]:
        """Registrations by tenant."""
        return {entry.tenant: entry for entry in self._file.teams}

    @cached_property
    def accounts(self) -> dict[str, PagerDutyAccount]:
        """PagerDuty accounts by key."""
        return {entry.key: entry for entry in self._file.pagerduty}

    @property
    def rooms(self) -> RoomsTable:
        """What happens to people in the chats of incidents."""
        return self._file.rooms

    def accounts_of(self, tenant: str) -> tuple[str, ...]:
        """Keys of the accounts that this tenant's teams may belong to, in the order of the file."""
        return tuple(
            key for key, entry in self.accounts.items() if not entry.tenants or tenant in entry.tenants
        )


def load_settings(**given: Any) -> Settings:
    """Read the environment and the files of secrets; a variable wins, and what is ``given`` wins over both.

    Raises pydantic's ValidationError, or SettingsError where the folder ``MUSTER_SECRETS_DIR``, or a file in
    it, cannot be read.
    """
    return Settings(**given)
