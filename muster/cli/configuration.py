"""The settings as a command checks them before anything starts."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import ValidationError
from pydantic_settings import SettingsError

from muster.cli.output import WrongInput, line_for_each, say
from muster.clients.way_out import CertificatesWrong, way_out
from muster.config_file import ConfigFile, PagerDutyAccount, TeamsRegistration
from muster.security.sealing import KeyRing
from muster.settings import Settings, load_settings
from muster.toml_file import FileWrong
from muster.variables import unknown_variables

_ABOUT = "configuration"
_KEYS = (*ConfigFile.model_fields, *TeamsRegistration.model_fields, *PagerDutyAccount.model_fields)


def checked_settings(*, both_sides: bool = False) -> Settings:
    """The settings, with the configuration file, the sealing keys and the certificates read.

    With ``both_sides`` there must be a registration of Teams and an account of PagerDuty, without which a
    process has nothing to do. Raises ``WrongInput``.
    """
    with _naming_unknown_variables():
        return _checked(both_sides=both_sides)


_ADDED_BY_UP = {"DATABASE_URL": "postgresql://127.0.0.1/muster", "keys": f"up:{'A' * 43}="}
"""What `muster up` makes where it is missing, and something of its form."""


def settings_of_up() -> Settings:
    """The settings before `muster up` adds what is missing: that has the form of what will be there.

    A configuration file is read, so that nothing starts with a wrong one. Raises ``WrongInput``.
    """
    with _naming_unknown_variables():
        return _of_up()


def _of_up() -> Settings:
    missing: set[str] = set()
    with _refusing_wrong_variables(missing=False):
        try:
            load_settings()
        except ValidationError as problems:
            missing = {
                str(problem["loc"][0]) for problem in problems.errors() if problem["type"] == "missing"
            }
            raise
    stand_ins = {name: value for name, value in _ADDED_BY_UP.items() if name in missing}
    settings = load_settings(**stand_ins)
    return settings if settings.config is None else _checked(both_sides=True, stand_ins=stand_ins)


def _checked(*, both_sides: bool, stand_ins: Mapping[str, str] | None = None) -> Settings:
    """The settings as above; ``stand_ins`` take the place of variables."""
    with _refusing_wrong_variables(missing=True):
        settings = load_settings(**(stand_ins or {}))
    _check_file(settings)
    if both_sides:
        _require_both_sides(settings)
    try:
        KeyRing.parse(settings.keys.get_secret_value())
        way_out(settings)
    except (ValueError, CertificatesWrong) as problem:
        raise WrongInput(f"{_ABOUT}: {problem}") from None
    return settings


def say_unknown_variables() -> None:
    """Say which variables of the environment look like ours and are not; `serve` and `worker` log them."""
    for unknown in unknown_variables(os.environ):
        say(_ABOUT, str(unknown))


@contextmanager
def _naming_unknown_variables() -> Iterator[None]:
    """Name those first where the settings are refused: what is missing may stand under a wrong name."""
    try:
        yield
    except WrongInput:
        say_unknown_variables()
        raise


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
