"""The settings as a command checks them before anything starts."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
from pydantic_settings import SettingsError

from muster.cli.output import WrongInput, line_for_each
from muster.security.sealing import KeyRing
from muster.settings import Settings, load_settings


def checked_settings() -> Settings:
    """The settings, with the configuration file and the sealing keys read; raises ``WrongInput``."""
    try:
        with _refusing_wrong_variables(missing=True):
            settings = load_settings()
            _ = settings.teams, settings.accounts
    except (OSError, ValueError) as problem:
        raise WrongInput(f"configuration: MUSTER_CONFIG: {problem}") from None
    try:
        KeyRing.parse(settings.keys.get_secret_value())
    except ValueError as problem:
        raise WrongInput(f"configuration: {problem}") from None
    return settings


def refuse_wrong_variables() -> None:
    """Raise ``WrongInput`` for a wrong variable; `muster up` itself adds those that are missing."""
    with _refusing_wrong_variables(missing=False):
        load_settings()


@contextmanager
def _refusing_wrong_variables(*, missing: bool) -> Iterator[None]:
    # Not chained: the values of the variables may be secrets.
    try:
        yield
    except ValidationError as problems:
        if lines := line_for_each("configuration", problems, missing=missing):
            raise WrongInput(lines) from None
    except SettingsError as problem:
        raise WrongInput(f"configuration: MUSTER_SECRETS_DIR: {problem}") from None
