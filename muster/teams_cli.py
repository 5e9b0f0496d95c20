"""The registration that Microsoft's Teams CLI made, by the three variables of the file that it writes.

Source: docs/platform-facts.md §7.1, *installing*.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from muster.config_file import TeamsRegistration
from muster.toml_file import FileWrong

VARIABLES: Mapping[str, str] = {
    "tenant": "TENANT_ID",
    "app_id": "CLIENT_ID",
    "app_secret": "CLIENT_SECRET",
}
"""By the key of ``[[teams]]`` that each stands for."""


def registration_written(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """A table ``[[teams]]`` of the variables' values, by its keys.

    ``None`` where one of the three is missing: their names are common, so that a single one may be meant for
    another program. Raises ``FileWrong``, which names the variable, where a value is of no use.
    """
    table = {key: values.get(key) for key in VARIABLES}
    if None in table.values():
        return None
    try:
        TeamsRegistration.model_validate(table)
    except ValidationError as problems:
        first = problems.errors(include_input=False, include_url=False)[0]
        raise FileWrong(f"{VARIABLES[str(first['loc'][0])]}: {first['msg']}") from None
    return table
