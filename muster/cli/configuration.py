"""The settings as a command checks them before anything starts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
from pydantic_settings import SettingsError

from muster.cli.output import WrongInput, line_for_each, say
from muster.clients.way_out import CertificatesWrong, way_out
from muster.security.sealing import KeyRing
from muster.settings import ConfigFile, PagerDutyAccount, Settings, TeamsRegistration, load_settings
from muster.toml_file import FileWrong
from muster.variables import unknown_variables

_ABOUT = "configuration"
_KEYS = (*ConfigFile.model_fields, *TeamsRegistration.model_fields, *PagerDutyAccount.model_fields)


def checked_settings(*, both_sides: bool = False) -> Settings:
    """The settings, with the configuration file, the sealing keys and the certificates read.

    With ``both_sides`` there must be a registration of Teams and an account of PagerDuty, without which a
    process has nothing to do. Raises ``WrongInput``.
    """
    with _refusing_wrong_variables(missing=True):
        settings = load_settings()
    _check_file(settings)
    if both_sides:
        _require_both_sides(settings)
    try:
        KeyRing.parse(settings.keys.get_secret_value())
        way_out(settings)
    except (ValueError, CertificatesWrong) as problem:
        raise WrongInput(f"{_ABOUT}: {problem}") from None
    return settings


def refuse_wrong_variables() -> None:
    """Raise ``WrongInput`` for a wrong variable; `muster up` itself adds those that are missing."""
    with _refusing_wrong_variables(missing=False):
        load_settings()


def say_unknown_variables() -> None:
    """Say which variables of the environment look like ours and are not; `serve` and `worker` log them."""
    for unknown in unknown_variables(os.environ):
        say(_ABOUT, str(unknown))


def _check_file(settings: Settings) -> None:
    try:
        _ = settings.teams, settings.accounts
    except FileWrong as problem:
        raise WrongInput(f"{_ABOUT}: {problem}") from None
    except ValidationError as problems:
        raise WrongInput(line_for_each(f"{_ABOUT}: {settings.config}", problems, keys=_KEYS)) from None


def _require_both_sides(settings: Settings) -> None:
    if settings.config is None:
        raise WrongInput(
            f"{_ABOUT}: MUSTER_CONFIG: it is missing: it names muster.toml, which lists the registrations of"
            " Teams and the accounts of PagerDuty (docs/configuration.md)"
        )
    sides = {"teams": settings.teams, "pagerduty": settings.accounts}
    if empty := [f"[[{table}]]" for table, entries in sides.items() if not entries]:
        raise WrongInput(f"{_ABOUT}: {settings.config}: there is no table {' and no table '.join(empty)}")


@contextmanager
def _refusing_wrong_variables(*, missing: bool) -> Iterator[None]:
    # Not chained: the values of the variables may be secrets.
    try:
        yield
    except ValidationError as problems:
        if lines := line_for_each(_ABOUT, problems, missing=missing):
            raise WrongInput(lines) from None
    except SettingsError as problem:
        raise WrongInput(f"{_ABOUT}: MUSTER_SECRETS_DIR: {problem}") from None
