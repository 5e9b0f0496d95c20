"""What travels between the edge and a run of ``IncidentRoom``: no token, no secret, people by row id."""

from typing import get_args

from workflows.incident_room.state import State
from workflows.meeting import LASTING_FOR_A_POLICY
from workflows.members import MembersChange, NamedPerson
from workflows.operation.state import Ended
from workflows.presets import IN_ROOMS, Preset
from workflows.room import Lack
from workflows.values import Value
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome, Reason


class RoomKey(Value):
    """The row of one room."""

    account: str
    incident_id: str


class Timing(Value):
    """Durations in seconds. They come with the start, so that tests pass milliseconds."""

    search_for: float = 30
    """How long a chat whose answer was lost is looked for."""
    search_every: float = 5
    repeats_after: float = 15
    """After a refusal, before the same request counts as another try, whenever it was made."""
    people_again: float = 300
    """After a search that lacked a permission."""
    policy_again: float = 300
    """After nobody could organise a meeting for lack of an access policy."""
    policy_lasts: float = LASTING_FOR_A_POLICY
    """How long that is tried again."""
    chat_first: float = 2
    """How long the choice of a meeting's organiser waits for a chat that is made at the same time."""
    invite_every: float = 60
    """Between two changes of a meeting's entry in a calendar."""
    grace: float = 60
    """After a resolve, before it is summed up."""


class Policy(Value):
    """What happens to people and chats that are not needed any more, as whoever runs Muster says."""

    declined_leave: bool = False
    """Who declined to help is taken out of the chat."""
    leave_after: float | None = None
    """Seconds after the resolve when everybody is taken out; ``None``: they stay."""


class Start(Value):
    """The input of a run."""

    account: str
    incident_id: str
    tenant: str
    """Microsoft's tenant in which the chat is made: that of whoever asked first."""
    timing: Timing = Timing()
    policy: Policy = Policy()
    stored: bool = False
    """The room has a row: restore it first."""
    carried: State | None = None
    """From the run that continued as this one."""

    @property
    def room(self) -> RoomKey:
        """Its row."""
        return RoomKey(account=self.account, incident_id=self.incident_id)


class AskedByClick(Value):
    """Somebody pressed **Create Chat** or **Create Meeting** on a card in this conversation."""

    click: Click
    conversation: str
    tenant: str = ""
    """Of the conversation; empty: that of the run's start."""
    number: int | None = None
    """Of the incident, as its card shows it."""
    service: str | None = None
    """Name of its service, likewise."""


class AskedByProgram(Value):
    """A program asks for the chat or the meeting, as a PagerDuty user who answers for it."""

    key: str
    """Tells this request from every other, however often it arrives."""
    by: str
    """PagerDuty's id of the user in whose name the program asks."""
    through: str = ""
    """Name of its token; empty in older histories."""
    by_email: str = ""
    """Their e-mail address in PagerDuty: the ``From`` of what is written there for the program."""
    owner: str | None = None
    """PagerDuty's id of who is to own it; ``None``: the first assignee who is known, else whoever asks."""
    name: str | None = None
    """Topic of the chat, or subject of the meeting; ``None``: they are called as the incident is."""
    preset: Preset = IN_ROOMS
    """How much is said beside the card in the chat."""
    operation: str = ""
    """Key of the row that is to tell how it ended; empty: there is none."""
    number: int | None = None
    """Of the incident, where the program knows it."""
    service: str | None = None
    """Name of its service, likewise."""
    correlation: str


class AskedOfChat(Value):
    """A program wants something done with the chat that is there, as a user who answers for it."""

    key: str
    """Tells this request from every other, however often it arrives."""
    by: str
    """PagerDuty's id of the user in whose name the program asks."""
    through: str = ""
    """Name of its token; empty in older histories."""
    correlation: str
    operation: str = ""
    """Key of the row that is to tell how it ended; empty: there is none."""


class DeleteChat(AskedOfChat):
    """Delete the chat."""


class ArchiveChat(AskedOfChat):
    """Leave the chat as it is: card and topic show it for the last time, and nothing more is done there."""

    people_leave: bool = False
    """Everybody whom Muster brought in is taken out."""


class SetTopic(AskedOfChat):
    """Call the chat this, and not as the incident is called."""

    topic: str


class ChangeMembers(AskedOfChat):
    """Bring these people in, or take them out."""

    people: tuple[NamedPerson, ...]


class RoomAnswer(Value):
    """What the API says to whoever asked."""

    outcome: Outcome
    url: str = ""
    """Of what was asked for; empty where there is none, or none yet."""
    name: str = ""
    """Of the chat."""
    invited: tuple[str, ...] = ()
    """To the meeting: the first names; ``invited_count`` tells how many there are."""
    invited_count: int = 0
    members: MembersChange = MembersChange()
    """Who was brought in or taken out, and who was not."""
    lacks: tuple[Lack, ...] = ()
    """Steps that were left out, and the permissions that they take."""


class End(Value):
    """The result of a run, for operators."""

    chat: str
    people: int
    meeting: str = "none"


def ended_by(answer: RoomAnswer) -> Ended:
    """An answer as the rows of operations have it. Whether a chat was made nobody may know."""
    outcome, told = answer.outcome, answer.model_dump_json(exclude_defaults=True)
    if outcome.kind in ("done", "already"):
        return Ended(outcome="done", url=answer.url, told=told)
    is_unknown = outcome.reason == "chat_unknown"
    return Ended(
        outcome="unknown" if is_unknown else "failed",
        reason=outcome.reason or outcome.kind,
        says=outcome.says or "",
        url=answer.url,
        told=told,
    )


def answer_of(ended: Ended) -> RoomAnswer:
    """The answer that a row tells of, as far as it does: the upkeep ends a row without one."""
    if ended.told:
        return RoomAnswer.model_validate_json(ended.told)
    if ended.outcome == "done":
        return RoomAnswer(outcome=Outcome(kind="done"), url=ended.url)
    reason: Reason | None = next((one for one in get_args(Reason) if one == ended.reason), None)
    return RoomAnswer(outcome=Outcome(kind="failed", reason=reason, says=ended.says or None), url=ended.url)
