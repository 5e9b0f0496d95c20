"""What a run knows, and the one place where that changes."""

from datetime import datetime

from temporalio import workflow

from workflows.messages import CardKey, Details, ReadDetails
from workflows.model import card as cards
from workflows.model.incident import Stamp
from workflows.model.look import fingerprint, look
from workflows.model.reduce import fold_details
from workflows.model.state import Card, Degradable, Line, Start, State
from workflows.model.view import Stamped, View
from workflows.story import LONGEST_STORY, attention_of, attributes_of, details_of, title


class Ledger:
    """The state of one run, the view it makes, and what operators are told of both."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.place = start.conversation
        self.key = CardKey(
            account=start.account, incident_id=start.incident_id, conversation=start.conversation.id
        )
        self.state = start.carried or State(card=Card(marker=self.draw(), nonce=self.draw()))
        self.view = self._look(self.state)
        self.because = ""
        """What changed last, for the Timeline."""
        self._attributes = {
            pair.key.name: pair.value for pair in workflow.info().typed_search_attributes.search_attributes
        }

    def advance(self, state: State, cause: str, line: Line | None = None) -> None:
        """Take the folded state; where it looks different, it is a new revision with a new nonce.

        ``cause`` is the correlation id of what was folded, ``line`` how the story tells it.
        """
        view = self._look(state)
        content = fingerprint(view) if view else None
        if content is not None and content != state.card.content:
            state = cards.revised(state, content, nonce=self.draw(), cause=cause)
            view = self._look(state)
            self.because = line.what if line else ""
        if line is not None:
            state = state.model_copy(update={"story": (*state.story, line)[-LONGEST_STORY:]})
        self.state, self.view = state, view
        self.tell_operators()

    def fold_details(self, details: Details) -> None:
        """Take what REST said."""
        self.advance(fold_details(self.state, details), self.state.cause)

    def trouble(self, part: Degradable, reason: str | None = None, until: datetime | None = None) -> None:
        """A part cannot go on, for a reason and perhaps until some time; without a reason it can again."""
        troubled = cards.with_trouble(self.state, part, reason, until)
        if troubled is not self.state:
            self.advance(troubled, self.state.cause)

    def in_trouble(self, part: Degradable, reason: str | None = None) -> bool:
        """Whether this part cannot go on, for this reason if one is given."""
        return any(t.part == part and reason in (None, t.reason) for t in self.state.troubles)

    def details_request(self, *, fresh: bool) -> ReadDetails:
        """What to ask PagerDuty now."""
        return ReadDetails(
            account=self.start.account,
            incident_id=self.start.incident_id,
            wanted=self.state.details_wanted or Stamp(at=workflow.now()),
            fresh=fresh,
            correlation=self.state.cause,
        )

    def stamped(self) -> Stamped:
        """What the card carries now."""
        return Stamped(marker=self.state.card.marker, nonce=self.state.card.nonce)

    def draw(self) -> str:
        """A new marker or nonce."""
        return f"{workflow.random().getrandbits(64):016x}"

    def tell_operators(self) -> None:
        """Details cost nothing until they are looked at. Attributes are written only when they change,
        and with the card: while it is on its way, the next change may overtake this one.
        """
        snapshot = self.state.snapshot
        service = snapshot.service.name if snapshot and snapshot.service else None
        number = snapshot.number if snapshot else None
        name = title(number, self.start.incident_id, service, self.place.label)
        workflow.set_current_details(details_of(name, self.state))
        if cards.is_settled(self.state) or self.state.troubles:
            self._write_attributes()

    def _write_attributes(self) -> None:
        wanted = attributes_of(
            self.start.account,
            self.start.incident_id,
            self.place,
            self.state.snapshot,
            attention_of(self.state),
        )
        changed = {key: value for key, value in wanted.items() if value != self._attributes.get(key.name)}
        if changed:
            self._attributes |= {key.name: value for key, value in changed.items()}
            workflow.upsert_search_attributes(
                [
                    key.value_unset() if value is None else key.value_set(value)
                    for key, value in changed.items()
                ]
            )

    def _look(self, state: State) -> View | None:
        return look(state, account=self.start.account, incident_id=self.start.incident_id)
