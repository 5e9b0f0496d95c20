"""The buttons of the incident card."""

from collections.abc import Mapping

from muster.cards.elements import ActionSet, ExecuteAction, ExecuteActionOptions, action_execute, action_set
from workflows.channel_incident.view import CardIdentity, View
from workflows.verbs.button_data import ButtonData
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import VerbName

_MOST_VISIBLE = 3
"""Teams clips a fourth button at a channel's width; the rest go into the overflow menu."""


def verb_buttons(view: View, identity: CardIdentity) -> ActionSet:
    """One button for each verb that the view offers; the first one stands out."""
    data = ButtonData(
        account=view.account, incident_id=view.incident_id, marker=identity.marker, nonce=identity.nonce
    ).to_wire()
    return action_set(*(_button(verb, place, data) for place, verb in enumerate(view.verbs)))


def _button(verb: VerbName, place: int, data: Mapping[str, str]) -> ExecuteAction:
    options: ExecuteActionOptions = {}
    if place == 0:
        options["style"] = "positive"
    if place >= _MOST_VISIBLE:
        options["mode"] = "secondary"
    return action_execute(verb, VERBS[verb].label, data, **options)
