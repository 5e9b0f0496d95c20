"""``updates``: how much is said beside the cards of this conversation's open incidents.

Whoever is linked to a card's account may choose: it concerns everybody in the conversation, who read who
chose what, and PagerDuty is told nothing (docs/decisions/0052). What comes later begins with the preset of
what brings it.
"""

import asyncio
from collections.abc import Sequence

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_all, for_person
from api.bot.linking import Asked
from muster.cards.commands import NO_PERSON, plain_sentence
from muster.cards.incident.presets import (
    NOTHING_OPEN,
    chosen_text,
    preset_named,
    presets_text,
    unknown_preset_text,
    unlinked_sentence,
)
from muster.cards.links.sentences import NOT_SERVED
from muster.store import links, targets
from muster.store.targets import Target
from workflows.person import Person

_WITHIN = 5.0
"""Seconds for the answer of the offer's workflow."""


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """Everybody reads what was chosen; why nothing was, and what can be, only whoever wrote the command."""
    if request.person is None:
        return for_person(NO_PERSON)
    cards = await targets.open_in(
        dependencies.pool, conversation=request.activity.conversation_id, tenant=request.tenant
    )
    if not cards:
        return for_person(NOTHING_OPEN)
    if not request.argument:
        return for_person(presets_text([card.preset.preset for card in cards]))
    preset = preset_named(request.argument)
    if preset is None:
        return for_person(unknown_preset_text())
    linked = await _of_linked_accounts(cards, request, request.person, dependencies)
    if not linked:
        return for_person(await _offer_link(cards, request, request.person, dependencies))
    chosen = await targets.choose_preset(dependencies.pool, request.activity.conversation_id, linked, preset)
    if not chosen:  # somebody stopped them meanwhile
        return for_person(NOTHING_OPEN)
    await dependencies.card_runs.choose(chosen, by=request.person.name)
    return for_all(chosen_text(preset, request.person.name, len(chosen), len(cards)))


async def _of_linked_accounts(
    cards: Sequence[Target], request: CommandRequest, person: Person, dependencies: Dependencies
) -> list[Target]:
    own = await links.of_person(dependencies.pool, tenant=request.tenant, aad_object_id=person.aad_object_id)
    accounts = {link.account for link in own}
    return [card for card in cards if card.account in accounts]


async def _offer_link(
    cards: Sequence[Target], request: CommandRequest, person: Person, dependencies: Dependencies
) -> str:
    """Offer the person a link to an account of the cards that people of the organization can be linked to."""
    served = await dependencies.linking.accounts(request.tenant)
    account = next((card.account for card in cards if card.account in served), None)
    if account is None:
        return plain_sentence(NOT_SERVED)
    asked = Asked(
        tenant=request.tenant,
        person=person,
        account=account,
        key=request.key,
        correlation=request.activity.id,
    )
    told = await dependencies.linking.ask(asked, answer_by=asyncio.get_running_loop().time() + _WITHIN)
    return plain_sentence(unlinked_sentence(account, told))
