"""docs/api.md: every call of the document is shown with curl."""

import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.docs.checkout import REPOSITORY

PAGE = (REPOSITORY / "docs/api.md").read_text()
DOCUMENT = json.loads((REPOSITORY / "docs/api.openapi.json").read_text())
SHELL = re.compile(r"```(?:sh|bash)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^(?=curl |\w+=)", re.MULTILINE)
"""Where one begins; it may go on over several lines."""


def shown() -> Iterator[tuple[str, str]]:
    """Method and path of each command of the page, as curl would send it."""
    for block in SHELL.findall(PAGE):
        variables: dict[str, str] = {}
        for command in COMMAND.split(block):
            words = shlex.split(command.replace("\\\n", " "))
            if command.startswith("curl "):
                yield method_of(words), urlsplit(variables.get(words[1], words[1])).path
            elif "=" in command:
                name, _, value = words[0].partition("=")
                variables[f"${name}"] = value


def method_of(words: list[str]) -> str:
    if "--request" in words:
        return words[words.index("--request") + 1].lower()
    return "post" if "--json" in words else "get"


def test_every_call_is_shown_with_curl() -> None:
    """But for ``HEAD``, which is ``GET`` without an answer's body."""
    found = set(shown())
    for path, methods in DOCUMENT["paths"].items():
        written = re.compile(re.sub(r"{\w+}", "[^/]+", path))
        for method in set(methods) - {"parameters", "head"}:
            calls = [sent for sent, address in found if written.fullmatch(address)]
            assert method in calls, f"{method.upper()} {path}"
