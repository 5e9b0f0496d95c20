"""Microsoft's clouds: who signs what Teams sends, who gives a bot its tokens, where they may go, and Graph.

Sources, which agree: Microsoft's Teams SDK (its presets Public, USGov and USGovDoD, and *Service URL
Validation*, which lists the hosts), the constants of botframework-connector 4.23
(``GovernmentConstants``), learn.microsoft.com *Configure Bot Framework bots for US government customers*, and
botbuilder-dotnet issue 6396, where a bot of GCC High that used the public values got 401. GCC has the public
cloud's identity and signing keys; its bots are reached at a host of its own. A tenant of GCC may still name
the public hosts, so both count there. Graph's addresses are those of learn.microsoft.com *Microsoft Graph
national cloud deployments*.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from muster.config_file import CloudName
from muster.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The addresses of a cloud."""

    authority: str
    """Entra, which gives a bot its tokens."""
    scope: str
    """What a bot asks a token for."""
    graph: str
    """Microsoft Graph."""
    graph_scope: str
    """What an application asks a token for Graph for."""
    issuer: str
    """Who issues the tokens of what Teams sends."""
    metadata_url: str
    """The OpenID document that names the keys of these tokens."""
    service_hosts: tuple[str, ...]
    """Hosts that a bot token may be sent to; with a leading dot any name below."""


_PUBLIC = Cloud(
    authority="https://login.microsoftonline.com",
    scope="https://api.botframework.com/.default",
    graph="https://graph.microsoft.com",
    graph_scope="https://graph.microsoft.com/.default",
    issuer="https://api.botframework.com",
    metadata_url="https://login.botframework.com/v1/.well-known/openidconfiguration",
    service_hosts=(
        "smba.trafficmanager.net",
        "smba.onyx.prod.teams.trafficmanager.net",
        ".botframework.com",
    ),
)
_GCC_HIGH = Cloud(
    authority="https://login.microsoftonline.us",
    scope="https://api.botframework.us/.default",
    graph="https://graph.microsoft.us",
    graph_scope="https://graph.microsoft.us/.default",
    issuer="https://api.botframework.us",
    metadata_url="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    service_hosts=("smba.infra.gov.teams.microsoft.us",),
)

CLOUDS: Mapping[CloudName, Cloud] = {
    "public": _PUBLIC,
    "gcc": replace(_PUBLIC, service_hosts=("smba.infra.gcc.teams.microsoft.com", *_PUBLIC.service_hosts)),
    "gcc-high": _GCC_HIGH,
    "dod": replace(
        _GCC_HIGH,
        graph="https://dod-graph.microsoft.us",
        graph_scope="https://dod-graph.microsoft.us/.default",
        service_hosts=("smba.infra.dod.teams.microsoft.us",),
    ),
}


def clouds_of(settings: Settings) -> dict[str, Cloud]:
    """The cloud of each tenant, with the addresses that the environment puts in the place of its own."""
    given = {
        "authority": settings.microsoft_authority,
        "graph": settings.graph_url,
        "metadata_url": settings.bot_metadata_url,
        "service_hosts": settings.service_hosts,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    # mypy does not see through the mapping which field each value is for.
    return {
        tenant: replace(CLOUDS[registration.cloud], **changes)  # type: ignore[arg-type]
        for tenant, registration in settings.teams.items()
    }
