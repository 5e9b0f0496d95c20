"""What the tenant and its people have consented to: application permissions, and to be signed in."""

from collections.abc import Iterable
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.company import Person
from sandbox.microsoft.state import State, Store


def initial_state(requested: Iterable[str], *, consented: bool) -> State:
    """The state after the first start; ``consented`` has everything granted that is requested."""
    asked = tuple(requested)
    return State(requested=asked, granted=asked if consented else (), signing_in_granted=consented)


class Consent:
    """The grants of the one registration."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def requested(self) -> tuple[str, ...]:
        """What the registration asks for."""
        return self._store.state.requested

    @property
    def granted(self) -> tuple[str, ...]:
        """What is granted, whether tokens show it by now or not."""
        return self._store.state.granted

    def covers(self, person: Person, scope: Iterable[str]) -> bool:
        """Whether the person can be signed in for this scope without being asked."""
        state = self._store.state
        own = state.people_consented.get(person.aad_object_id, ())
        return state.signing_in_granted or set(scope) <= set(own)

    def may_be_given_by(self, person: Person) -> bool:
        """Whether the person may consent for themselves; an admin may in every organization."""
        return self._store.state.user_consent or person.microsoft_admin

    def give(self, person: Person, scope: Iterable[str]) -> None:
        """Note that the person consents for themselves."""
        known = self._store.state.people_consented.get(person.aad_object_id, ())
        self._store.state.people_consented[person.aad_object_id] = tuple(dict.fromkeys((*known, *scope)))
        self._store.changed()

    def roles(self) -> tuple[str, ...]:
        """What a token that is issued now shows; a grant is seen late."""
        state = self._store.state
        is_late = state.shown_at is not None and self._clock.now() < state.shown_at
        return state.granted_before if is_late else state.granted

    def grant(self, *, permissions: bool = True) -> None:
        """Grant what the registration asks for now, in place of what was granted before.

        Without ``permissions``, only that people are signed in.
        """
        state = self._store.state
        state.signing_in_granted = True
        if permissions:
            self._set_granted(state.requested)
        self._store.changed()

    def grant_one(self, permission: str) -> None:
        """Grant one permission beside those that are granted."""
        granted = self._store.state.granted
        if permission not in granted:
            self._set_granted((*granted, permission))
            self._store.changed()

    def revoke(self, permission: str) -> bool:
        """Take one permission back, at once; False if it is not granted."""
        state = self._store.state
        if permission not in state.granted:
            return False
        state.granted = tuple(one for one in state.granted if one != permission)
        state.granted_before = tuple(one for one in state.granted_before if one != permission)
        self._store.changed()
        return True

    def revoke_all(self) -> None:
        """Take everything back, at once."""
        state = self._store.state
        state.granted = state.granted_before = ()
        state.shown_at = None
        state.signing_in_granted = False
        state.people_consented.clear()
        self._store.changed()

    def _set_granted(self, permissions: tuple[str, ...]) -> None:
        state = self._store.state
        state.granted_before = self.roles()
        state.shown_at = self._clock.now() + timedelta(seconds=state.delay)
        state.granted = permissions
