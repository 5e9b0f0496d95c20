"""People: who is wanted in the chat, who of them is found, and who is in it."""

from collections.abc import Iterator
from datetime import timedelta

from temporalio import workflow

from workflows.contract import call
from workflows.incident.values import Reference
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    IDENTIFY_PEOPLE,
    REMOVE_PEOPLE,
    AddPeople,
    IdentifyPeople,
    RemovePeople,
)
from workflows.incident_room.chat import MicrosoftReconciler
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import Asker, State
from workflows.reconcile import NotBefore, Reconciler
from workflows.wanted import (
    ASKER,
    ASSIGNEE,
    NOT_WANTED,
    ROLE,
    WantedPerson,
    rank_of_responder,
    with_few_names,
)

INVITED_ONCE_FOUND = "who-is-found-later-is-invited"
"""Before, an entry did not name whom a search has found that was made once more."""
LOOKED_FOR_MEANWHILE = "people-are-looked-for-while-a-policy-is-waited-for"
"""Before, a permission to find people that was granted meanwhile was not noticed."""


def wanted_people(state: State) -> tuple[WantedPerson, ...]:
    """Everybody whom the state names, each once, by rank and then by id."""
    ranked: dict[str, WantedPerson] = {}
    for rank, person in _ranked(state):
        if person.id and person.id not in ranked:
            ranked[person.id] = WantedPerson(user=person.id, rank=rank, name=person.name)
    return tuple(sorted(ranked.values(), key=lambda one: (one.rank, one.user)))


def _ranked(state: State) -> Iterator[tuple[int, Reference]]:
    incident = state.incident
    if incident.snapshot is not None:
        yield from ((ASSIGNEE, person) for person in incident.snapshot.assignees)
    yield from ((ROLE, entry.value.holder) for entry in incident.roles if entry.value.holder is not None)
    for entry in incident.responders:
        rank = rank_of_responder(entry.value.state)
        if rank is not None:
            yield rank, entry.value.person
    yield from ((ASKER, Reference(id=one.pagerduty_user, name=one.name)) for one in state.askers)


def with_people_waiting(state: State) -> State:
    """Whom the incident names is wanted until they were looked for.

    Many events may arrive before the next search, and an incident's state keeps the newest responders alone.
    """
    known, declined = set(state.people.searched_for), set(declined_of(state))
    named = {one.user: one for one in (*state.people.waiting, *wanted_people(state))}
    waiting = with_few_names(
        one for one in named.values() if one.user not in known and one.user not in declined
    )
    return state if waiting == state.people.waiting else state.with_people(waiting=waiting)


def declined_of(state: State) -> list[str]:
    """Responders who do not come, and whom nothing else brings in."""
    responders = (entry.value for entry in state.incident.responders)
    declined = [one.person.id for one in responders if one.state in NOT_WANTED]
    wanted = {one.user for one in wanted_people(state)} if declined else set()
    return [user for user in declined if user not in wanted and user not in state.people.asked_for]


def with_asker(state: State, asker: Asker) -> State:
    """Somebody asks for the chat and is to be in it: where it is there, also who left it by themselves."""
    people, user = state.people, asker.pagerduty_user
    is_again = state.chat.stage == "made" and user in people.searched_for and user not in people.asked_again
    if is_again and workflow.patched("who-asks-again-is-brought-back"):
        state = state.with_people(asked_again=(*people.asked_again, user))
    return state.with_asker(asker)


class SearchReconciler(Reconciler):
    """Finds out who the people are in the tenant, before anybody is brought in."""

    name = "people"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """Somebody is wanted who was not looked for, or could not be: a permission may be granted by now."""
        state = self._run.state
        return self._is_wanted() or (self._is_made and bool(state.people.lacks))

    @property
    def _is_made(self) -> bool:
        """They are looked for because of something that is there, or waits for an access policy."""
        state = self._run.state
        if state.chat.stage == "wanted" or not state.wants_people:
            return False
        if state.meeting.stage != "wanted":
            return True
        waits_for_policy = state.meeting.refused and bool(state.people.lacks)
        return waits_for_policy and workflow.patched(LOOKED_FOR_MEANWHILE)

    def _is_wanted(self) -> bool:
        state = self._run.state
        if not state.wants_people:
            return False
        return not state.people.searched or bool(with_people_waiting(state).people.waiting)

    def urgencies(self) -> int:
        """Somebody asks for what could not be made before, or somebody else is wanted."""
        people = with_people_waiting(self._run.state).people
        return self._run.requests + len(people.searched_for) + len(people.waiting)

    def holds_run(self) -> bool:
        """Who cannot be looked for keeps no run alive, once what was asked for is there."""
        return self._is_wanted() and not (self._is_made and self._run.is_stuck(self.name))

    async def reconcile(self) -> NotBefore | None:
        """Look for all of them; those who are known are not asked for again."""
        run = self._run
        waiting = with_people_waiting(run.state).people.waiting
        named = {one.user: one for one in (*waiting, *wanted_people(run.state))}
        wanted = with_few_names(sorted(named.values(), key=lambda one: (one.rank, one.user)))
        request = IdentifyPeople(**run.call_of(), wanted=wanted)
        found = await call(IDENTIFY_PEOPLE, request, f"{len(wanted)} wanted")
        searched_for = {*run.state.people.searched_for, *(one.user for one in wanted)}
        is_same_number = run.state.meeting.invited_for == len(searched_for)
        others_are_found = run.state.meeting.invited_of not in (-1, found.found)
        if is_same_number and others_are_found and workflow.patched(INVITED_ONCE_FOUND):
            run.apply(run.state.with_meeting(invited_for=-1))
        run.apply(
            run.state.with_people(
                searched=True,
                searched_for=tuple(sorted(searched_for)),
                waiting=tuple(one for one in run.state.people.waiting if one.user not in named),
                found=found.found,
                absent=found.absent,
                absent_count=found.absent_count,
                lacks=found.lacks if found.searched else run.state.people.lacks,
                brought=run.state.people.brought if found.found == run.state.people.found else -1,
            )
        )
        if not run.state.people.lacks:
            return None
        again = workflow.now() + timedelta(seconds=run.start.timing.people_again)
        return NotBefore(again, "until people are looked for again", firm=False)


class MembersReconciler(MicrosoftReconciler):
    """Brings in whoever was found and is not in the chat, after a read back."""

    name = "members"
    defers = True

    def is_due(self) -> bool:
        """The chat is there, and somebody may be missing in it."""
        run, people = self._run, self._run.state.people
        if run.state.chat.stage != "made" or not people.searched or run.is_left:
            return False
        if run.state.is_being_emptied:
            return False
        if people.left:
            return run.is_open
        return people.brought != len(people.searched_for) or bool(self._back())

    def holds_run(self) -> bool:
        """Without the permission a chat keeps its first people."""
        return self.is_due() and not self._run.is_stuck(self.name)

    def _back(self) -> tuple[str, ...]:
        """Those who were taken out and are wanted again, and those who asked again and may have left."""
        people = self._run.state.people
        wanted = {one.user for one in wanted_people(self._run.state)} if people.taken_out else set()
        return (*(user for user in people.taken_out if user in wanted), *people.asked_again)

    async def reconcile(self) -> None:
        """Read who is there and add some of the others; until nobody is left who can be added."""
        run, before, back = self._run, self._run.state.people, self._back()
        searched_for = len(before.searched_for)
        request = AddPeople(**self.of_chat(), back=back)
        async with run.members_turn:
            brought = await call(ADD_PEOPLE, request, "read back, then those who lack")
        if not self.is_same():
            return
        again = brought.more or run.state.people.rereads != before.rereads
        run.apply(
            run.state.with_people(
                present=brought.present,
                brought=-1 if again else searched_for,
                left=False,
                taken_out=tuple(user for user in run.state.people.taken_out if user not in back),
                asked_again=tuple(user for user in run.state.people.asked_again if user not in back),
                absent=brought.absent,
                absent_count=brought.absent_count,
            )
        )


class LeavingReconciler(MicrosoftReconciler):
    """Takes people out, where the policy says so: who declined; everybody, some time after the resolve."""

    name = "leaving"
    defers = True

    def is_due(self) -> bool:
        """Somebody is to leave."""
        state = self._run.state
        return state.chat.stage == "made" and bool(self._declined() or self._everybody)

    def holds_run(self) -> bool:
        """Who cannot be taken out stays."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Take them out; who is not there has left already."""
        run, everybody, declined = self._run, self._everybody, self._declined()
        request = RemovePeople(**self.of_chat(), users=declined, everybody=everybody)
        who = "everybody" if everybody else f"{len(declined)} declined"
        if everybody:  # should it fail half-way, and the incident be open again, they are brought back
            run.apply(run.state.with_people(brought=-1))
        async with run.members_turn:
            removed = await call(REMOVE_PEOPLE, request, who)
        if not self.is_same():
            return
        people = run.state.people
        run.apply(
            run.state.with_people(
                present=removed.present,
                left=people.left or everybody,
                taken_out=(*people.taken_out, *declined),
            )
        )

    @property
    def _everybody(self) -> bool:
        return self._run.is_left and not self._run.state.people.left

    def _declined(self) -> tuple[str, ...]:
        """Those who declined, and whom nothing else brings in."""
        state = self._run.state
        if not self._run.start.policy.declined_leave:
            return ()
        return tuple(user for user in declined_of(state) if user not in state.people.taken_out)
