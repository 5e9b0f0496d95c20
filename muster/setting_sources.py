"""Where settings come from: variables, and files of a folder. What is blank in either counts as not set."""

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)

from muster.text_file import TextUnreadable, text_of


class Variables(EnvSettingsSource):
    """The environment. Compose passes a variable on that nobody has set."""

    def __call__(self) -> dict[str, Any]:
        """The values by field."""
        return {key: value for key, value in super().__call__().items() if not _is_blank(value)}


class SecretFiles(PydanticBaseSettingsSource):
    """The folder that ``MUSTER_SECRETS_DIR`` names: a file gives the variable of its name in small letters.

    A file whose variable is set is not read. Raises ``SettingsError`` with a sentence that names the folder
    or the file, and holds nothing of its content.
    """

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings)
        self._files = _files_of(os.environ.get("MUSTER_SECRETS_DIR", ""))

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The text of the field's file, the key that the model takes, and that the text is not JSON."""
        alias = field.validation_alias
        key = str(alias or field_name)
        variable = str(alias or f"{self.config['env_prefix']}{field_name}")
        file = None if key in self.current_state else self._files.get(variable.lower())
        return (None if file is None else _text_of(file)), key, False

    def __call__(self) -> dict[str, Any]:
        """The values by field."""
        found = [self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items()]
        return {key: text for text, key, _ in found if text is not None and not _is_blank(text)}


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _files_of(folder: str) -> dict[str, Path]:
    """The files of the folder by their names in small letters; none where no folder is named."""
    if _is_blank(folder):
        return {}
    try:
        return {file.name.lower(): file for file in Path(folder).iterdir()}
    except FileNotFoundError:
        raise SettingsError(f"the folder {folder} is not there") from None
    except OSError as error:
        raise SettingsError(f"the folder {folder} cannot be read: {error.strerror}") from None


def _text_of(file: Path) -> str:
    try:
        return text_of(file)
    except TextUnreadable as problem:
        raise SettingsError(str(problem)) from None
