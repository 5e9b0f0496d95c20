"""The shell of `muster up`, as the settings read it."""

import os
from collections.abc import Mapping
from pathlib import Path

from muster.settings import Settings
from muster.variables import variable

_SECRETS = "MUSTER_SECRETS_DIR"


def shell_of_settings() -> Mapping[str, str]:
    """The environment, with the settings that stand in files of ``MUSTER_SECRETS_DIR`` as variables.

    What `muster up` starts gets some settings and not others, and a folder would bring all of them. Names of
    settings are in capitals, since the settings read them in any case; one that says nothing is left out.
    Call it after the settings were loaded: it reads the files as they did.
    """
    known = {variable(field) for field in Settings.model_fields}
    of_settings = _files(known)
    others: dict[str, str] = {}
    for name, value in os.environ.items():
        if name.upper() not in known:
            others[name] = value
        elif value:  # an empty one does not hide a file
            of_settings[name.upper()] = value
    others.pop(_SECRETS, None)
    return others | {name: value for name, value in of_settings.items() if value.strip()}


def _files(known: set[str]) -> dict[str, str]:
    folder = os.environ.get(_SECRETS)
    if not folder:
        return {}
    files = (file for file in Path(folder).expanduser().iterdir() if file.name.upper() in known)
    return {file.name.upper(): file.read_text().strip() for file in files if file.is_file()}
