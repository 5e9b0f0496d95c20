"""How a command refuses: sentences on standard error that say what to do, and an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from muster.security.sealing import KeyRing
from muster.settings import Settings, load_settings


@contextmanager
def ending_on(*failures: type[Exception]) -> Iterator[None]:
    """End with exit code 1 and the text of a failure that tells the operator what to do."""
    try:
        yield
    except failures as failure:
        sys.stderr.write(f"{failure}\n")
        raise typer.Exit(1) from failure


def checked_settings() -> Settings:
    """The settings, the file and the keys included; a line per problem and exit code 2 if they are wrong."""
    try:
        with _refusing_wrong_variables(missing=True):
            settings = load_settings()
            _ = settings.teams, settings.accounts
    except (OSError, ValueError) as problem:
        say("configuration", f"MUSTER_CONFIG: {problem}")
        raise typer.Exit(2) from None
    try:
        KeyRing.parse(settings.keys.get_secret_value())
    except ValueError as problem:
        say("configuration", str(problem))
        raise typer.Exit(2) from None
    return settings


def refuse_wrong_variables() -> None:
    """A line per problem and exit code 2; what is missing is none, since `muster up` adds it."""
    with _refusing_wrong_variables(missing=False):
        load_settings()


@contextmanager
def _refusing_wrong_variables(*, missing: bool) -> Iterator[None]:
    try:
        yield
    except ValidationError as problems:
        complain_of_each("configuration", problems, missing=missing)
        if missing or any(problem["type"] != "missing" for problem in problems.errors()):
            raise typer.Exit(2) from None
    except SettingsError as problem:
        say("configuration", f"MUSTER_SECRETS_DIR: {problem}")
        raise typer.Exit(2) from None


def complain_of_each(about: str, problems: ValidationError, *, missing: bool = True) -> None:
    """A line per field, the ``missing`` ones too if asked, without the values: some are secrets."""
    for problem in problems.errors(include_input=False, include_url=False, include_context=False):
        if missing or problem["type"] != "missing":
            say(about, f"{_name_of(problems.title, problem['loc'])}: {problem['msg']}")


def say(about: str, line: str) -> None:
    """One line about something."""
    sys.stderr.write(f"{about}: {line}\n")


def _name_of(model: str, place: tuple[int | str, ...]) -> str:
    """What the operator calls it: an environment variable, or a place in a file."""
    name = ".".join(map(str, place))
    match model:
        case "Settings":
            return name if name.isupper() else f"MUSTER_{name.upper()}"
        case "ConfigFile":
            return f"MUSTER_CONFIG, {name}"
        case _:
            return name or "the file"
