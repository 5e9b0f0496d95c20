"""A click on a button of a card that is no incident's, read once: who pressed which one of which message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.bot.activity import InboundActivity
from api.bot.card_actions import ActionMalformed
from api.bot.sender import person_of
from muster.cards.commands import NO_PERSON
from muster.cards.setup.sentences import INCOMPLETE_BUTTON
from workflows.ids import button_key, delivery_key
from workflows.person import Person


@dataclass(frozen=True)
class PressedButton:
    """Who pressed which button of which message."""

    activity: InboundActivity
    id: str
    """Of the activity."""
    tenant: str
    person: Person
    message: str
    """Activity id of the message that the button stands on."""
    verb: str
    data: Mapping[str, Any]
    """What the button says; a hint."""

    def key(self, *, notice: str, account: str | None) -> str:
        """What tells this click from every other one on this message, whatever it is delivered under."""
        return button_key(
            person=self.person.aad_object_id,
            message=self.message,
            verb=self.verb,
            notice=notice,
            account=account,
        )

    def delivery_key(self, *, notice: str, account: str | None) -> str:
        """The same for a message that is pressed anew after days: a later click is another request."""
        return delivery_key(self.key(notice=notice, account=account), self.id)


def pressed_button(activity: InboundActivity) -> PressedButton:
    """The click; raises ``ActionMalformed`` where it does not say who pressed what."""
    action: Mapping[str, Any] = activity.action or {}
    data, person = action.get("data"), person_of(activity)
    if person is None:
        raise ActionMalformed(NO_PERSON)
    if not (activity.id and activity.tenant and activity.reply_to_id):
        raise ActionMalformed(INCOMPLETE_BUTTON)
    return PressedButton(
        activity=activity,
        id=activity.id,
        tenant=activity.tenant,
        person=person,
        message=activity.reply_to_id,
        verb=str(action.get("verb")),
        data=data if isinstance(data, Mapping) else {},
    )
