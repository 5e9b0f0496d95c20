"""docker-compose.yml, read as Compose reads it as far as the tests need: anchors, merges, ``${NAME:?…}``."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

REPOSITORY = Path(__file__).parents[2]
COMPOSE_FILE = REPOSITORY / "docker-compose.yml"

VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<text>[^}]*))?\}")
"""A variable of whoever runs Compose, with its default or with what is said where it is missing."""


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top is a mapping."""
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


class Service:
    """One service of the file, with the files that are put into its container."""

    def __init__(self, name: str) -> None:
        content = read_yaml(COMPOSE_FILE)
        self._service: Mapping[str, Any] = content["services"][name]
        self._configs: Mapping[str, Any] = content["configs"]

    @property
    def command(self) -> list[str]:
        """What its container runs."""
        return [str(part) for part in self._service["command"]]

    @property
    def health_check(self) -> list[str]:
        """What tells whether it is well."""
        how, *command = self._service["healthcheck"]["test"]
        assert how == "CMD"
        return [str(part) for part in command]

    @property
    def stops_within(self) -> int:
        """Seconds from SIGTERM to SIGKILL."""
        return int(str(self._service["stop_grace_period"]).removesuffix("s"))

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Its variables, with ``given`` as the environment of whoever runs Compose."""

        def value_of(found: re.Match[str]) -> str:
            default = found["text"] if found["how"] == ":-" else None
            return given[found["name"]] if default is None else given.get(found["name"]) or default

        return {
            name: VARIABLE.sub(value_of, str(value)) for name, value in self._service["environment"].items()
        }

    def file_at(self, path: str) -> Path:
        """What the checkout gives for this path in its container."""
        source = next(config["source"] for config in self._service["configs"] if config["target"] == path)
        return REPOSITORY / str(self._configs[source]["file"])
