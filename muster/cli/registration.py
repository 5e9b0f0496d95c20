"""Which registration of Teams a command is about."""

from muster.cli.output import WrongInput
from muster.config_file import TeamsRegistration
from muster.settings import Settings


def registration_of(settings: Settings, tenant: str | None, *, about: str) -> TeamsRegistration:
    """The registration of a tenant, or without one the only registration that there is.

    ``about`` is the command. Raises ``WrongInput``.
    """
    if not settings.teams:
        raise WrongInput(
            f"{about}: there is no table [[teams]]: MUSTER_CONFIG names muster.toml, which lists the"
            " registrations of Teams; CLIENT_ID, CLIENT_SECRET and TENANT_ID stand for one"
            " (docs/configuration.md)"
        )
    known = ", ".join(settings.teams)
    if tenant is None:
        if len(settings.teams) > 1:
            raise WrongInput(f"{about}: there are several registrations, say --tenant: {known}")
        (tenant,) = settings.teams
    if (registration := settings.teams.get(tenant.strip().lower())) is None:
        raise WrongInput(f"{about}: --tenant: {settings.config} has no such tenant, but {known}")
    return registration
