"""What a run knows, and the one place where that changes."""

from datetime import datetime

from temporalio import workflow

from workflows.channel_incident.activities import ReadDetails
from workflows.channel_incident.messages import CardKey, Start
from workflows.channel_incident.state import CardState, State, TimelineEntry
from workflows.channel_incident.timeline import attention_of, details_of
from workflows.channel_incident.view import CardIdentity, View, build_view, fingerprint
from workflows.channel_incident.workflow_type import attributes_of, title
from workflows.incident.events import Details
from workflows.incident.reduce import fold_details
from workflows.incident.stamps import Stamp


class RunState:
    """The state of one run, the view it makes, and what operators are told of both."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.conversation = start.conversation
        self.key = CardKey(
            account=start.account, incident_id=start.incident_id, conversation=start.conversation.id
        )
        self.draining = False
        """The run is about to end or to continue as new: nothing may be started any more."""
        self.because = ""
        """What changed last, for the Timeline."""
        self._state = start.carried or State(card=CardState(marker=self.draw(), nonce=self.draw()))
        self._view = self._build_view(self._state)
        self._attributes = {
            pair.key.name: pair.value for pair in workflow.info().typed_search_attributes.search_attributes
        }

    @property
    def state(self) -> State:
        """What is known now."""
        return self._state

    @property
    def view(self) -> View | None:
        """What the card is to show now; ``None`` while nothing is known but the incident's id."""
        return self._view

    @property
    def identity(self) -> CardIdentity:
        """What the card carries now."""
        return CardIdentity(marker=self._state.card.marker, nonce=self._state.card.nonce)

    @property
    def continues(self) -> bool:
        """This run continues another one, which may have called somebody a moment ago."""
        return self.start.carried is not None

    def apply(
        self,
        state: State,
        *,
        cause: str | None = None,
        entry: TimelineEntry | None = None,
        revise: bool = True,
    ) -> None:
        """Replace the state. Where the card is to look different, that is a new revision with a new nonce.

        ``cause`` is the correlation id of what was folded, ``entry`` how the timeline tells it. Without
        ``revise`` the wanted content stays as it is: more is about to be folded.
        """
        if entry is not None:
            state = state.with_entry(entry)
        if revise and self._shows_other_things(state):
            state = self._revised(state, cause=cause, because=entry.what if entry else "")
        self._state = state
        self.publish()

    def _shows_other_things(self, state: State) -> bool:
        before = self._state
        return (
            state.incident is not before.incident
            or state.degradations is not before.degradations
            or self._view is None
            or state.card.revision != self._view.revision
        )

    def _revised(self, state: State, *, cause: str | None, because: str) -> State:
        self._view = self._build_view(state)
        content = fingerprint(self._view) if self._view else None
        if self._view is None or content == state.card.content:
            return state
        self.because = because
        revision = state.card.revision + 1
        self._view = self._view.model_copy(update={"revision": revision})
        card = state.card.model_copy(update={"content": content, "revision": revision, "nonce": self.draw()})
        return state.replace(card=card, cause=state.cause if cause is None else cause)

    def fold_details(self, details: Details, *, whole: bool = True, cause: str | None = None) -> None:
        """Take what REST told."""
        incident = fold_details(self._state.incident, details, whole=whole)
        self.apply(self._state.replace(incident=incident), cause=cause)

    def degrade(self, part: str, reason: str | None, until: datetime | None = None) -> None:
        """A part cannot go on, for a reason and perhaps until some time; without a reason it can again."""
        degraded = self._state.degraded(part, reason, until)
        if degraded is not self._state:
            self.apply(degraded)

    def is_degraded(self, part: str, reason: str | None = None) -> bool:
        """Whether this part cannot go on, for this reason if one is given."""
        return any(one.part == part and reason in (None, one.reason) for one in self._state.degradations)

    def waits_until(self, part: str) -> datetime | None:
        """Until when this part waits after a failure."""
        return next((one.until for one in self._state.degradations if one.part == part), None)

    def details_request(self, *, fresh: bool) -> ReadDetails:
        """What to ask PagerDuty now."""
        return ReadDetails(
            account=self.start.account,
            incident_id=self.start.incident_id,
            wanted=self._state.incident.details_wanted or Stamp(at=workflow.now()),
            fresh=fresh,
            correlation=self._state.cause,
        )

    def draw(self) -> str:
        """A new marker or nonce."""
        return f"{workflow.random().getrandbits(64):016x}"

    def publish(self) -> None:
        """Tell operators how things stand.

        Details cost nothing until they are looked at. Attributes are written only when they change, and
        with the card: while it is on its way, the next change may overtake this one.
        """
        snapshot = self._state.incident.snapshot
        service = snapshot.service.name if snapshot and snapshot.service else None
        number = snapshot.number if snapshot else None
        name = title(number, self.start.incident_id, service, self.conversation.label)
        workflow.set_current_details(details_of(name, self._state))
        if self._state.is_in_sync or self._state.degradations:
            self._write_attributes()

    def _write_attributes(self) -> None:
        wanted = attributes_of(
            self.start.account,
            self.start.incident_id,
            self.conversation,
            self._state.incident.snapshot,
            attention_of(self._state),
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

    def _build_view(self, state: State) -> View | None:
        return build_view(state, account=self.start.account, incident_id=self.start.incident_id)
