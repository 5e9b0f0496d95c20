"""Types of values that people write into a configuration: each refuses what cannot work, in a sentence."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_core import PydanticCustomError


def _not_empty(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("empty", "it is empty")
    return value


def _not_empty_secret(value: SecretStr) -> SecretStr:
    _not_empty(value.get_secret_value())
    return value


def web_address(value: str) -> str:
    """The value; raises PydanticCustomError where it is no address of HTTP."""
    if not is_address(value, "http", "https"):
        raise PydanticCustomError("address", "it must be an address, such as https://host")
    return value


def is_address(text: str, *schemes: str) -> bool:
    """Whether this is a whole web address with a host, and a port that there can be."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and text.isprintable()
    except ValueError:
        return False


def _none_where_empty(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _in_small_letters(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_not_empty)]
Secret = Annotated[SecretStr, AfterValidator(_not_empty_secret)]
WebAddress = Annotated[str, AfterValidator(web_address)]
AnyCase = BeforeValidator(_in_small_letters)
Given = BeforeValidator(_none_where_empty)
"""For a value that counts as not set where there is nothing to see of it: a file of a secret may be empty."""
