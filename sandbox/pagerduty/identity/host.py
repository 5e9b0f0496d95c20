"""The objects of the identity host, made once and connected to each other."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.id_token_changes import IdTokenChanges
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.identity.delegations import Delegations
from sandbox.pagerduty.identity.id_tokens import IdTokens
from sandbox.pagerduty.identity.people import Allowances, Sessions
from sandbox.pagerduty.identity.registration import Registration
from sandbox.pagerduty.identity.revocation import Revocation
from sandbox.pagerduty.identity.token_calls import TokenCalls
from sandbox.pagerduty.store import Store


@dataclass(frozen=True)
class IdentityHost:
    """What the host's pages and its token endpoint use."""

    registration: Registration
    sessions: Sessions
    allowances: Allowances
    delegations: Delegations
    revocation: Revocation
    id_tokens: IdTokens
    id_token_changes: IdTokenChanges
    token_calls: TokenCalls


def assemble_identity(
    company: Company,
    directory: Directory,
    store: Store,
    clock: Clock,
    *,
    url: str,
    redirect_uris: Collection[str],
    keys: Path | None,
) -> IdentityHost:
    """Make the objects; ``url`` is the host's address, ``keys`` the folder of its signing key."""
    registration = Registration(company, store, redirect_uris)
    revocation, changes = Revocation(store), IdTokenChanges()
    return IdentityHost(
        registration=registration,
        sessions=Sessions(directory, store, clock),
        allowances=Allowances(store),
        delegations=Delegations(registration, directory, revocation, store, clock),
        revocation=revocation,
        id_tokens=IdTokens(company, directory, clock, changes, url=url, keys=keys),
        id_token_changes=changes,
        token_calls=TokenCalls(store, clock),
    )
