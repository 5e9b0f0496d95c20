"""The bot's registration in the company's tenant, and which tenants there are."""

from collections.abc import Collection
from dataclasses import dataclass

from sandbox.company import Company
from sandbox.microsoft import errors


@dataclass(frozen=True)
class Registration:
    """The application as it is registered; it is known in its own tenant alone."""

    company: Company
    redirect_uris: Collection[str]

    @property
    def client_id(self) -> str:
        """The application's id."""
        return self.company.bot_app_id

    def check_tenant(self, tenant: str) -> None:
        """Raise EntraError unless somebody's account is in this tenant."""
        if tenant not in {self.company.tenant_of(person) for person in self.company.people}:
            raise errors.tenant_not_found(tenant)

    def check_client(self, tenant: str, client: str | None) -> None:
        """Raise EntraError unless the tenant has this application."""
        self.check_tenant(tenant)
        if not client:
            raise errors.missing("client_id")
        if (tenant, client) != (self.company.tenant_id, self.client_id):
            raise errors.client_not_found(client)

    def check_redirect_uri(self, uri: str | None) -> None:
        """Raise EntraError unless the URI is registered to the letter."""
        if uri not in self.redirect_uris:
            raise errors.redirect_uri_not_registered(uri or "")
