"""The incident's own chat, as its card in one conversation shows it."""

from typing import NamedTuple

from workflows.channel_incident.state import State
from workflows.meeting import ToldMeeting
from workflows.room import Room, ShownRoom


class Place(NamedTuple):
    """Where a card is."""

    tenant: str
    conversation: str


def with_room(state: State, room: Room | None) -> State:
    """Somebody told how the room stands; what is older than what is known changes nothing."""
    if room is None or (state.room is not None and room.number <= state.room.number):
        return state
    return state.replace(room=room)


def shown_room(room: Room | None, place: Place | None) -> ShownRoom | None:
    """What the card in this conversation says; ``None``: nothing."""
    if room is None or place is None or room.stage == "none":
        return None
    if room.chat == place.conversation:
        if room.stage == "archived":
            return None
        return ShownRoom(
            kind="own",
            lacks=room.lacks,
            absent=room.absent,
            absent_count=room.absent_count,
        )
    if room.tenant != place.tenant:
        return ShownRoom(kind="elsewhere", tenant_name=room.tenant_name) if room.is_joinable else None
    if room.is_joinable:
        # What the chat's own card says is not said twice; without the bot it has none.
        if room.shows_card:
            return ShownRoom(kind="join", url=room.url)
        return ShownRoom(
            kind="join",
            url=room.url,
            lacks=room.lacks,
            app_unknown=room.app_unknown,
            bot_removed=room.bot_removed,
            absent=room.absent,
            absent_count=room.absent_count,
        )
    match room.stage:
        case "gone":
            return ShownRoom(kind="gone", topic=room.topic)
        case "archived":
            return ShownRoom(kind="archived", url=room.url)
    return ShownRoom(kind="unknown", topic=room.topic)


def told_meeting(state: State, place: Place | None) -> ToldMeeting | None:
    """What the incident's bridge does not tell of the meeting that was made for it."""
    return state.room.meeting if state.room is not None and place is not None else None


def offers_meeting(state: State, place: Place | None) -> bool:
    """Whether the card offers to make a meeting: there is none that anybody organises."""
    if not state.offers_meeting or place is None:
        return False
    told, bridge = told_meeting(state, place), state.incident.bridge_now
    address = bridge.url if bridge else None
    if told is None:
        return not address
    return told.standing == "gone" and address in (None, "", told.url)


def offers_chat(state: State, place: Place | None) -> bool:
    """Whether the card offers to make a chat: there is none, as far as anybody knows."""
    if not state.offers_chat or place is None:
        return False
    room = state.room
    return room is None or (not room.is_joinable and room.tenant == place.tenant)
