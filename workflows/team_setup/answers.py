"""What people ask of a set-up by buttons, commands and pages, and what each is answered."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.errors import failure_of
from workflows.person import Person
from workflows.team_setup.fold import (
    begun,
    is_blocked,
    with_card,
    with_consent_card,
    with_consent_link,
    with_new_link,
    with_way_on,
)
from workflows.team_setup.messages import Authorized, ConsentReturned, Pressed, SetupAnswer
from workflows.team_setup.restore import follow_row
from workflows.team_setup.run_state import RunState
from workflows.team_setup.state import (
    CONNECTED,
    LINK_KINDS,
    MOST_ANSWERS,
    Answered,
    Notice,
    Reading,
    Reply,
    State,
)


class Answers:
    """Folds what somebody asks for, once for each click or command."""

    def __init__(self, run: RunState) -> None:
        self._run = run

    def pressed(self, verb: str, pressed: Pressed) -> SetupAnswer:
        """A button or a command; the same one again is answered as it was."""
        known = self._run.state.answer(pressed.key)
        if known is None:
            state, known = self._answered(verb, pressed)
            self._run.apply(state.replace(answered=(*state.answered, known)[-MOST_ANSWERS:]))
        return SetupAnswer(reply=known.reply, to=known.to)

    async def renewed(self, pressed: Pressed) -> SetupAnswer:
        """A new link is asked for; of one that seems to be open the row says whether it is."""
        state = self._run.state
        if state.step == "authorizing" and _has_link(state) and state.answer(pressed.key) is None:
            await self._followed_row("is the link open?")
        return self.pressed("renew", pressed)

    async def _followed_row(self, summary: str) -> bool:
        """Take what the rows decide; ``False`` where they cannot be read."""
        try:
            await follow_row(self._run, summary)
        except ActivityError as error:
            workflow.logger.warning("the rows could not be read: %s", failure_of(error).name)
            return False
        return True

    def _answered(self, verb: str, pressed: Pressed) -> tuple[State, Answered]:
        state = self._run.state
        if state.step == "removed":
            return state, Answered(key=pressed.key, reply="removed")
        state, reply = {
            "not_admin": self._expand,
            "renew": self._renew,
            "choose_account": self._choose,
            "authorize": self._show_link,
            "appconnect": self._show_consent,
        }[verb](state, pressed)
        to = state.account if reply in ("already_connected", "already_complete") else pressed.account
        return state, Answered(key=pressed.key, reply=reply, to=to)

    def _expand(self, state: State, pressed: Pressed) -> tuple[State, Reply]:
        cards = [one for one in _cards_of(state, pressed.person) if one.kind == "installer"]
        if state.step != "authorizing" or not _has_link(state) or not cards:
            return state, _why_not(state)
        return state.changed(cards[-1], expanded=True), "done"

    def _renew(self, state: State, pressed: Pressed) -> tuple[State, Reply]:
        if state.step in CONNECTED:
            return state, _why_not(state)
        state = state.replace(holder=pressed.person)
        if not state.is_under_way:
            state = begun(state, self._run.now)
            return state, "sent_privately"
        if self._has_successor(state, pressed):
            return state, "sent_privately"
        if state.step == "authorizing":
            state = with_new_link(state)
        return with_way_on(with_card(state.replace(moved_at=self._run.now))), "sent_privately"

    def _has_successor(self, state: State, pressed: Pressed) -> bool:
        """The press is on an old message, or pressed twice: the message that it asks for is there."""
        is_usable = state.step == "choosing" or _has_link(state)
        cards = [one.name for one in _cards_of(state, pressed.person) if not is_blocked(one)]
        is_old = pressed.notice is not None and pressed.notice not in cards
        return is_usable and is_old and bool(cards)

    def _choose(self, state: State, pressed: Pressed) -> tuple[State, Reply]:
        if state.step != "choosing":
            chosen = state.step == "authorizing" and state.account == pressed.account
            return state, "done" if chosen else _why_not(state)
        if pressed.account not in state.accounts:
            return state, "account_unknown"
        state = state.replace(step="authorizing", account=pressed.account, moved_at=self._run.now)
        return with_new_link(state), "done"

    def _show_link(self, state: State, pressed: Pressed) -> tuple[State, Reply]:
        if state.step != "authorizing" or not _has_link(state):
            return state, _why_not(state)
        if state.link is None or state.link.id != pressed.offer:
            return state, "not_under_way"
        for card in _cards_of(state, pressed.person):
            if card.kind == "admin":
                state = state.changed(card, ended="replaced")
        state = state.replace(moved_at=self._run.now)
        return state.with_new_notice("admin", pressed.person), "sent_privately"

    def _show_consent(self, state: State, pressed: Pressed) -> tuple[State, Reply]:
        if state.step == "abandoned" and not state.is_authorized:
            return state, "not_under_way"
        if not state.is_under_way and state.step != "complete":
            state = begun(state.replace(holder=state.holder or pressed.person), self._run.now)
        for card in state.live("consent"):
            if card.recipient == pressed.person.aad_object_id:
                state = state.changed(card, ended="replaced")
        state = with_consent_card(state, pressed.person).replace(moved_at=self._run.now, roles_wanted=True)
        # What the last reading told is told again: it may be long ago.
        state = state.replace(missing=None, roles_unread=False)
        if state.consent_link is not None:
            state = with_consent_link(state)
        return state, "sent_privately"

    async def authorized(self, authorized: Authorized) -> SetupAnswer:
        """A link was spent: the row says whether, and for which account."""
        run = self._run
        if run.state.step in CONNECTED:
            return SetupAnswer(reply="already_connected", to=run.state.account)
        if run.state.step == "removed":
            return SetupAnswer(reply="removed")
        if not await self._followed_row(f"offer {authorized.offer} was spent"):
            run.apply(run.state.with_row_asked())
            return SetupAnswer(reply="done")
        if run.state.step in CONNECTED:
            return SetupAnswer(reply="done", to=run.state.account)
        return SetupAnswer(reply="not_under_way")

    def consent_returned(self, returned: ConsentReturned) -> SetupAnswer:
        """Somebody came back from the consent page; what they granted is read from a token."""
        run = self._run
        state = run.state
        if state.step in ("removed", "abandoned"):
            return SetupAnswer(reply="removed" if state.step == "removed" else "not_under_way")
        if returned.refused:
            run.apply(state.replace(consent_refused=state.step != "complete"))
            return SetupAnswer(reply="done")
        reading = Reading(number=0, since=run.now)
        run.apply(state.replace(consent_refused=False, reading=reading, moved_at=run.now))
        return SetupAnswer(reply="done")


def _cards_of(state: State, person: Person) -> list[Notice]:
    """The person's cards with a link that no other has replaced."""
    return [one for one in state.live(*LINK_KINDS) if one.recipient == person.aad_object_id]


def _has_link(state: State) -> bool:
    return state.link is not None and state.link.is_usable


def _why_not(state: State) -> Reply:
    """Why there is nothing to do."""
    if state.step == "complete":
        return "already_complete"
    return "already_connected" if state.step == "consenting" else "not_under_way"
