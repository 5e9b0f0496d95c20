"""What a run knows, and the one place where that changes."""

from temporalio import workflow

from workflows.channel_incident.messages import CardKey, Start
from workflows.channel_incident.room import Place
from workflows.channel_incident.state import CardState, State, TimelineEntry
from workflows.channel_incident.timeline import attention_of, markdown_of
from workflows.channel_incident.view import CardIdentity, View, build_view, fingerprint
from workflows.channel_incident.workflow_type import attributes_of, title
from workflows.degradations import DegradableRun
from workflows.incident.events import Details
from workflows.incident.reduce import fold_details
from workflows.written_attributes import WrittenAttributes


class RunState(DegradableRun[State]):
    """The state of one run, the view it makes, and what operators are told of both."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.conversation = start.conversation
        self.key = CardKey(
            account=start.account, incident_id=start.incident_id, conversation=start.conversation.id
        )
        self.draining = False
        """The run is about to end or to continue as new: nothing may be started any more."""
        self.urgencies = 0
        """How often something happened that cannot wait for a back-off."""
        self.because = ""
        """What changed last, for the Timeline."""
        self._state = start.carried or State(
            card=CardState(marker=self.draw(), nonce=self.draw()),
            preset=start.preset,
            following=start.following,
            offers_chat=start.offers_chat,
            offers_meeting=start.offers_meeting,
            room=start.room,
        )
        self._view = self._build_view(self._state)
        self._attributes = WrittenAttributes()

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

    def apply(self, state: State, *, cause: str | None = None, entry: TimelineEntry | None = None) -> None:
        """Replace the state. Where the card is to look different, that is a new revision with a new nonce.

        ``cause`` is the correlation id of what was folded, ``entry`` how the timeline tells it.
        """
        if entry is not None:
            state = state.with_entry(entry)
        if self._may_need_another_view(state):
            state, self._view = self._revised(state, cause)
            if self._view is not None and state.card.revision != self._state.card.revision:
                self.because = entry.what if entry else ""
        self._state = state
        self.publish()

    def start_from(self, state: State) -> None:
        """Take what an earlier run has shown. More is about to be folded before anything is shown or told."""
        self._state = state

    def _may_need_another_view(self, state: State) -> bool:
        """A view is built of these; nothing else changes it."""
        before = self._state
        return (
            state.incident is not before.incident
            or state.degradations is not before.degradations
            or state.following is not before.following
            or state.room is not before.room
            or self._view is None
            or state.card.revision != self._view.revision
        )

    def _revised(self, state: State, cause: str | None) -> tuple[State, View | None]:
        view = self._build_view(state)
        content = fingerprint(view) if view else None
        if view is None or content is None or content == state.card.content:
            return state, view
        state = state.revised(content, nonce=self.draw(), cause=cause)
        return state, view.model_copy(update={"revision": state.card.revision})

    def fold_details(self, details: Details, *, whole: bool = True, cause: str | None = None) -> None:
        """Take what REST told."""
        incident = fold_details(self._state.incident, details, whole=whole)
        self.apply(self._state.replace(incident=incident), cause=cause)

    def draw(self) -> str:
        """A new marker or nonce."""
        return f"{workflow.random().getrandbits(64):016x}"

    def publish(self) -> None:
        """Tell operators how things stand.

        Details cost nothing until they are looked at. Attributes are written with the card: while it is on
        its way, the next change may overtake this one.
        """
        snapshot = self._state.incident.snapshot
        service = snapshot.service.name if snapshot and snapshot.service else None
        number = snapshot.number if snapshot else None
        name = title(number, self.start.incident_id, service, self.conversation.label)
        workflow.set_current_details(markdown_of(name, self._state))
        if self._state.is_in_sync or self._state.degradations:
            start, attention = self.start, attention_of(self._state)
            wanted = attributes_of(start.account, start.incident_id, start.conversation, snapshot, attention)
            self._attributes.write(wanted)

    def _build_view(self, state: State) -> View | None:
        return build_view(
            state,
            account=self.start.account,
            incident_id=self.start.incident_id,
            place=Place(self.conversation.tenant, self.conversation.id),
        )
