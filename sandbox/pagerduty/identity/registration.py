"""The account's Scoped OAuth client as it is registered in PagerDuty: secret, redirect URIs and scopes."""

import secrets
from collections.abc import Collection, Iterable

from sandbox.company import Company
from sandbox.pagerduty.store import Store


class Registration:
    """The one client of the account."""

    def __init__(self, company: Company, store: Store, redirect_uris: Collection[str]) -> None:
        self._company = company
        self._store = store
        self.redirect_uris = tuple(redirect_uris)
        self.client_id = company.client_id
        self.account_scope = f"as_account-{company.region}.{company.account}"
        """The scope that every request for an app token names."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What tokens may carry: the company's list, or that of ``/_sandbox/identity`` in its place."""
        changed = self._store.state.client_scopes
        return self._company.client_scopes if changed is None else changed

    def granted(self, asked: Iterable[str]) -> tuple[str, ...]:
        """The scopes that a token gets of those asked for. PagerDuty drops the others without a word."""
        known = self.scopes
        return tuple(dict.fromkeys(scope for scope in asked if scope in known))

    def knows(self, client_id: str, client_secret: str) -> bool:
        """Whether these are the client's own credentials."""
        company = self._company
        known_client = secrets.compare_digest(client_id.encode(), company.client_id.encode())
        known_secret = secrets.compare_digest(client_secret.encode(), company.client_secret.encode())
        return known_client and known_secret
