"""`muster up`: the whole product with its sandbox."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from muster.settings import Settings
    from sandbox.up.options import RealRegistrations


_OURS = Path(".muster")


def up(
    *,
    empty: Annotated[bool, typer.Option("--empty", help="Nothing connected and nobody linked.")] = False,
    playground: Annotated[
        bool,
        typer.Option(
            "--playground", help="Microsoft's Agents Playground too; it listens on every interface."
        ),
    ] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written once everything answers: addresses, people, process ids.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Where everything is kept.", show_default=".muster, or a folder in it")
    ] = None,
    any_ports: Annotated[
        bool, typer.Option("--any-ports", help="Not the usual ports: several of these may start at once.")
    ] = False,
    temporal_dynamic: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Added to Temporal's dynamic configuration; repeatable."),
    ] = None,
) -> None:
    """Bring up the whole product with its sandbox, and keep it up until Ctrl-C."""
    from muster.cli.configuration import say_unknown_variables, settings_of_up
    from muster.cli.shell import shell_of_settings

    settings = settings_of_up()
    say_unknown_variables()
    from muster.temporal.ui_links import ready_queries
    from sandbox.up.main import up as bring_up
    from sandbox.up.options import Options
    from sandbox.up.pages.links import PageLink

    real = _real(settings)
    # Without registrations MUSTER_CONFIG names none, whatever it says.
    shell = {name: value for name, value in shell_of_settings().items() if real or name != "MUSTER_CONFIG"}
    options = Options(
        shell=shell,
        data=data or _default_data(empty=empty, playground=playground),
        folder_of_data=_OURS if data is None else None,
        empty=empty,
        playground=playground,
        ready_file=ready_file,
        any_ports=any_ports,
        temporal_dynamic=dict(_key_and_value(text) for text in temporal_dynamic or []),
        queries=[PageLink(*query) for query in ready_queries()],
        real=real,
        api_host=settings.host if "host" in settings.model_fields_set else None,
        configured_ports=_configured_ports(settings),
    )
    raise typer.Exit(bring_up(options))


def _real(settings: "Settings") -> "RealRegistrations | None":
    """What the configuration file names; None without one, and the simulators are started."""
    if settings.config is None:
        return None
    from muster.credentials import name_of_account, name_of_registration
    from muster.public_addresses import public_addresses
    from sandbox.up.options import RealRegistrations
    from sandbox.up.pages.links import PageLink

    return RealRegistrations(
        names=[
            *map(name_of_registration, settings.teams.values()),
            *map(name_of_account, settings.accounts.values()),
        ],
        addresses=[PageLink(*address) for address in public_addresses(settings)],
    )


def _configured_ports(settings: "Settings") -> dict[str, int]:
    """The ports that somebody chose, by the sandbox's names; 0 leaves the choice to us."""
    chosen = {"api_port": settings.port, "worker_health_port": settings.worker_health_port}
    named = {"api_port": "port", "worker_health_port": "worker_health_port"}
    return {name: port for name, port in chosen.items() if port and named[name] in settings.model_fields_set}


def _default_data(*, empty: bool, playground: bool) -> Path:
    """A folder for each kind of company, since their databases contradict each other."""
    kinds = [name for name, wanted in (("empty", empty), ("playground", playground)) if wanted]
    return Path(_OURS, "-".join(kinds))


def _key_and_value(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator and value):
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--temporal-dynamic")
    return key, value
