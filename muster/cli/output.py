"""What a command writes to standard error: a line about its progress, a line for each wrong value."""

import sys
from typing import ClassVar

from pydantic import ValidationError

from muster.errors import OperatorError


class WrongInput(OperatorError):
    """The configuration, or a file given to a command, cannot be used; the text has a line per problem."""

    exit_code: ClassVar[int] = 2


def say(about: str, line: str) -> None:
    """One line about something."""
    sys.stderr.write(f"{about}: {line}\n")


def line_for_each(about: str, problems: ValidationError, *, missing: bool = True) -> str:
    """A line for each wrong field, and with ``missing`` for each missing one. No value: some are secrets."""
    return "\n".join(
        f"{about}: {_name_of(problems.title, problem['loc'])}: {problem['msg']}"
        for problem in problems.errors(include_input=False, include_url=False, include_context=False)
        if missing or problem["type"] != "missing"
    )


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
