"""How programs want the chat or the meeting that they have made."""

from collections.abc import Callable
from dataclasses import dataclass

from api.public.errors import ApiError
from api.public.idempotency import Call
from api.public.room_work import asked_as
from muster.cards.rooms.programs import ProgramCall, program_sentence
from muster.values import identifier
from workflows.incident_room.messages import AskedByProgram
from workflows.presets import IN_ROOMS, Preset
from workflows.verbs.outcomes import Outcome


@dataclass(frozen=True)
class Wish:
    """What is told of it; what is not, the room decides."""

    owner: str | None = None
    """PagerDuty's id."""
    name: str | None = None
    preset: Preset = IN_ROOMS
    number: int | None = None
    """Of the incident, where the program knows it."""
    service: str | None = None
    """Name of its service, likewise."""

    def asked(self, call: Call) -> Callable[[str], AskedByProgram]:
        """The message to the room, by the key of its operation."""

        def message(operation: str) -> AskedByProgram:
            return AskedByProgram(
                **asked_as(call, operation),
                by_email=call.caller.pagerduty_email,
                owner=self.owner,
                name=self.name,
                preset=self.preset,
                number=self.number,
                service=self.service,
            )

        return message


def pagerduty_user(called: ProgramCall, named: str | None) -> str | None:
    """Who is to own it; raises ``ApiError`` 404 for what cannot be an id, as for one that nobody has."""
    if named is not None and identifier(named) is None:
        unknown = Outcome(kind="failed", reason="owner_unknown")
        raise ApiError(404, program_sentence(called, unknown, account=""))
    return named
