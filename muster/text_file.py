"""Reading a file that an operator names, so that what is wrong with it is one sentence."""

from pathlib import Path


class TextUnreadable(Exception):
    """The file cannot be read; the text says which and why, and nothing of what is in it."""


def text_of(file: Path) -> str:
    """The text without the white space around it; raises ``TextUnreadable``, or ValueError for no path."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise TextUnreadable(f"the file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TextUnreadable(f"the file {file} is not UTF-8") from None
