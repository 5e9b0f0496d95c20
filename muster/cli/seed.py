"""`muster seed`: rows from a file."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer


def seed(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]) -> None:
    """Put the tenants, teams, people, links and connections of a JSON file into the database."""
    from muster.cli.configuration import checked_settings, say_unknown_variables

    settings = checked_settings()
    say_unknown_variables()
    from pydantic import ValidationError

    from muster.cli.output import WrongInput, line_for_each
    from muster.seed import read_seed
    from muster.seed import seed as fill_database

    try:
        content = read_seed(file)
    except ValidationError as problems:
        # Not chained: the values in the file may be secrets.
        raise WrongInput(line_for_each(str(file), problems)) from None
    asyncio.run(fill_database(settings, content))
