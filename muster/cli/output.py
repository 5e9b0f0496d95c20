"""What a command writes to standard error: a line about its progress, a line for each wrong value."""

import sys
from collections.abc import Collection
from difflib import get_close_matches
from typing import ClassVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from muster.errors import OperatorError


class WrongInput(OperatorError):
    """The configuration, or a file given to a command, cannot be used; the text has a line per problem."""

    exit_code: ClassVar[int] = 2


def say(about: str, line: str) -> None:
    """One line about something."""
    sys.stderr.write(f"{about}: {line}\n")


def line_for_each(
    about: str, problems: ValidationError, *, missing: bool = True, keys: Collection[str] = ()
) -> str:
    """A line for each wrong field, and with ``missing`` for each missing one. No value: some are secrets.

    ``keys`` are those that a mistyped one may have meant.
    """
    return "\n".join(
        f"{about}: {_name_of(problems.title, problem['loc'])}: {_words_for(problem, keys)}"
        for problem in problems.errors(include_input=False, include_url=False, include_context=False)
        if missing or problem["type"] != "missing"
    )


def _words_for(problem: ErrorDetails, keys: Collection[str]) -> str:
    key = str(problem["loc"][-1]) if problem["loc"] else ""
    match problem["type"]:
        case "missing":
            return "it is missing"
        case "string_type":
            return "it must be a text"
        case "tuple_type":
            return f"it must be a list: in TOML each of its tables begins with [[{key}]]"
        case "model_type":
            return f"it must be a table: in TOML it begins with [[{problem['loc'][0]}]]"
        case "extra_forbidden":
            meant = get_close_matches(key.lower(), keys, n=1)
            return "nothing reads this key" + (f": is {meant[0]} meant?" if meant else "")
        case _:
            return problem["msg"].removeprefix("Value error, ")


def _name_of(model: str, place: tuple[int | str, ...]) -> str:
    """What the operator calls it: an environment variable, or a place in a file."""
    name = ".".join(map(str, place))
    if model == "Settings":
        field = str(place[0])  # a part of a value has no name of its own
        return field if field.isupper() else f"MUSTER_{field.upper()}"
    return name or "the file"
