"""`muster package`: the app package that a Teams admin uploads."""

from pathlib import Path
from typing import Annotated

import typer


def package(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="The zip to write.")],
    tenant: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Whose registration, where muster.toml has several."),
    ] = None,
    about: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Page under *website*, *privacy* and *terms of use*.",
            show_default="the public address",
        ),
    ] = None,
) -> None:
    """Write the Teams app package (zip) of a registration."""
    from importlib.metadata import version

    from muster.cli.configuration import checked_settings, say_unknown_variables
    from muster.cli.output import WrongInput, say
    from muster.cli.registration import registration_of

    settings = checked_settings()
    say_unknown_variables()
    registration = registration_of(settings, tenant, about="package")
    from muster.app_package.archive import package as packed
    from muster.app_package.manifest import app_manifest

    content = packed(
        app_manifest(registration, public_url=settings.public_url, about=about, version=version("muster"))
    )
    try:
        output.write_bytes(content)
    except OSError as problem:
        raise WrongInput(f"package: {output}: {problem.strerror}") from None
    say("package", f"{output} is the app of tenant {registration.tenant}, id {registration.app_id}")
