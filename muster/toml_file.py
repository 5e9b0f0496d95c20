"""Reads ``muster.toml``. Whatever is wrong is a sentence that names the file and the key, never a value."""

import os
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from muster.text_file import TextUnreadable, text_of

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_KEY = re.compile(r"\s*([A-Za-z_]+)\s*=")


class FileWrong(ValueError):
    """The file cannot be used; the text says where and why, and holds no value."""


def read_toml(path: Path, *, keys: Collection[str]) -> dict[str, Any]:
    """The tables of the file, with what ``env:NAME`` and ``file:PATH`` stand for in their places.

    ``keys`` are the names that may be told where the file is no TOML: any other text could be a part of a
    value. Raises ``FileWrong``.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except OSError as error:
        raise FileWrong(f"{path}: it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FileWrong(f"{path}: it is not UTF-8") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileWrong(f"{path}: {_place_of(error, text, keys)}") from None
    return {key: _resolved(value, key, path) for key, value in tables.items()}


def _place_of(error: tomllib.TOMLDecodeError, text: str, keys: Collection[str]) -> str:
    """Where the file stops being TOML. Not the parser's own words, which may quote what it found."""
    found = _AT_LINE.search(str(error))
    number = int(found[1]) if found else text.count("\n") + 1
    line = text.splitlines()[number - 1 : number]
    key = _KEY.match(line[0]) if line else None
    where = f"line {number}" + (f", {key[1]}" if key and key[1] in keys else "")
    return f"{where}: it is not TOML: a text stands between quotes, and each key on a line of its own"


def _resolved(value: Any, place: str, path: Path) -> Any:
    match value:
        case dict():
            return {key: _resolved(item, f"{place}.{key}", path) for key, item in value.items()}
        case list():
            return [_resolved(item, f"{place}.{number}", path) for number, item in enumerate(value)]
        case str() if value.startswith("env:"):
            name = value.removeprefix("env:")
            if name not in os.environ:
                raise FileWrong(f"{path}: {place}: the environment variable {name} is not set")
            return os.environ[name]
        case str() if value.startswith("file:"):
            return _text_of(path.parent / value.removeprefix("file:"), f"{path}: {place}")
        case _:
            return value


def _text_of(file: Path, place: str) -> str:
    try:
        return text_of(file)
    except TextUnreadable as problem:
        raise FileWrong(f"{place}: {problem}") from None
    except ValueError:
        raise FileWrong(f"{place}: what stands after file: is no path") from None
