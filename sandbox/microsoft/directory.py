"""The people of the tenant's directory: who is in it, and whose account is on."""

from collections.abc import Iterator

from sandbox.company import Company, Person
from sandbox.microsoft import errors
from sandbox.microsoft.errors import EntraError
from sandbox.microsoft.state import Store


class Directory:
    """The company's people, guests too; tests delete them and switch their accounts off."""

    def __init__(self, company: Company, store: Store) -> None:
        self._company = company
        self._store = store

    def find(self, key: str) -> Person | None:
        """The person with this object id or user principal name, unless deleted; case makes no difference."""
        wanted = key.lower()
        return next(
            (one for one in self._there() if wanted in (one.aad_object_id, self.principal_name(one).lower())),
            None,
        )

    def principal_name(self, person: Person) -> str:
        """The e-mail address; a guest has one made of it, in the directory's own domain."""
        if person.guest_from is None:
            return person.email
        return f"{person.email.replace('@', '_')}#EXT#@{self.domain}"

    @property
    def domain(self) -> str:
        """The directory's own domain."""
        return self._company.colleagues[0].email.partition("@")[2]

    @property
    def deleted(self) -> frozenset[str]:
        """The object ids of the people who were deleted."""
        return self._store.state.deleted

    def find_by_address(self, address: str) -> Person | None:
        """The person with this e-mail address or principal name, unless deleted."""
        wanted = address.lower()
        return next(
            (one for one in self._there() if wanted in (one.email.lower(), self.principal_name(one).lower())),
            None,
        )

    def _there(self) -> Iterator[Person]:
        """Everybody who was not deleted."""
        return (one for one in self._company.colleagues if not self.is_deleted(one))

    def is_deleted(self, person: Person) -> bool:
        """Whether the person was deleted."""
        return person.aad_object_id in self._store.state.deleted

    def is_disabled(self, person: Person) -> bool:
        """Whether the person's account is switched off."""
        return person.aad_object_id in self._store.state.disabled

    def check_account(self, person: Person, error: str) -> None:
        """Raise EntraError, with this OAuth error, for a person who cannot be signed in here."""
        tenant = self._company.tenant_id
        if self._company.tenant_of(person) != tenant:
            raise errors.person_of_another_tenant(person.email, tenant)
        if self.is_deleted(person):
            raise errors.account_deleted(person.email, tenant, error)
        if self.is_disabled(person):
            raise errors.account_disabled(error)

    def is_admin(self, person: Person) -> bool:
        """Whether the person is an admin of this tenant, with an account that is on."""
        try:
            self.check_account(person, "access_denied")
        except EntraError:
            return False
        return person.microsoft_admin

    def change(self, person: Person, *, deleted: bool | None, enabled: bool | None) -> None:
        """Delete the person or bring them back, switch their account on or off; None leaves it."""
        state, key = self._store.state, {person.aad_object_id}
        if deleted is not None:
            state.deleted = state.deleted | key if deleted else state.deleted - key
        if enabled is not None:
            state.disabled = state.disabled - key if enabled else state.disabled | key
        self._store.changed()
