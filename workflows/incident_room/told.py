"""What the cards of the incident are told of its room."""

from temporalio import workflow

from workflows.degradations import Degradation
from workflows.errors import ConsentMissing, Forbidden, RequestInvalid
from workflows.incident_room.bridge import BRIDGE
from workflows.incident_room.meeting import STAYS_GONE
from workflows.incident_room.state import ORDER, State
from workflows.meeting import ToldMeeting
from workflows.room import Lack, Room, RoomStage

WHAT_IS_REFUSED_IS_TOLD = "cards-say-what-microsoft-refuses"
"""Before, a card said nothing of the app that Microsoft refuses to bring into the chat."""
_STEPS = ("members", "bot", "leaving", "names", "entry")
"""Reconcilers of what is there already: why a chat or a meeting is not made is told to whoever asks."""
_REFUSED = (Forbidden.__name__, RequestInvalid.__name__)
_STAGES: dict[str, RoomStage] = {"made": "made", "unknown": "unknown", "gone": "gone", "archived": "archived"}


def room_of(state: State, *, tenant: str) -> Room:
    """How the room stands now, with the number of what was told last."""
    chat = state.chat
    return Room(
        number=state.told.number if state.told else 0,
        stage=_STAGES.get(chat.stage, "none"),
        tenant=tenant,
        tenant_name=state.tenant_name,
        chat=chat.id,
        url=chat.url,
        topic=chat.topic,
        lacks=_lacks(state),
        app_unknown=state.app_unknown,
        bot_removed=state.bot_removed,
        absent=state.people.absent if chat.stage == "made" else (),
        absent_count=state.people.absent_count if chat.stage == "made" else 0,
        meeting=_meeting(state),
    )


def is_news(state: State, *, tenant: str) -> bool:
    """Whether the cards know less, or something else."""
    now = room_of(state, tenant=tenant)
    if state.told is None:
        return now.stage != "none" or now.meeting is not None
    return now != state.told


def _meeting(state: State) -> ToldMeeting | None:
    """What the bridge does not tell of it."""
    meeting = state.meeting
    if meeting.stage == "gone":
        return ToldMeeting(url=meeting.url, standing="gone")
    if meeting.stage == "wanted" and meeting.replaces and workflow.patched(STAYS_GONE):
        return ToldMeeting(url=meeting.replaces, standing="gone")
    if meeting.stage != "made" or meeting.bridge == "ours":
        return None
    if meeting.bridge == "theirs":
        return ToldMeeting(url=meeting.url, standing="theirs")
    is_refused = any(one.name == BRIDGE and one.until is None for one in state.degradations)
    return ToldMeeting(url=meeting.url, standing="refused") if is_refused else None


def _lacks(state: State) -> tuple[Lack, ...]:
    hindered = [
        Lack(step=one.name, permission=one.code)
        for one in state.degradations
        if one.reason == ConsentMissing.__name__
        and one.name != ORDER
        and one.code
        and one.code not in state.people.lacks
    ]
    refused = [Lack(step=one.name) for one in state.degradations if _is_refused(one)]
    if refused and workflow.patched(WHAT_IS_REFUSED_IS_TOLD):
        hindered += refused
    return (*hindered, *(Lack(step="people", permission=one) for one in state.people.lacks))


def _is_refused(one: Degradation) -> bool:
    """Microsoft refuses a step for good, whatever is granted."""
    return one.until is None and one.name in _STEPS and one.reason in _REFUSED
