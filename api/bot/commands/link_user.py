"""``linkUser``: whoever wrote it gets a link, in private, by which they tie their two accounts."""

import asyncio

from api.bot.commands.named_account import named_account
from api.bot.commands.request import CommandAnswer, CommandRequest, Content, Dependencies, for_person
from api.bot.linking import Asked
from muster.cards.commands import NO_PERSON, plain_sentence
from muster.cards.links.choice import choice_card
from muster.cards.links.sentences import NOBODY_SERVED, choose_sentence, unknown_account_sentence
from workflows.person import Person

_WITHIN = 5.0
"""Seconds for the answer of the offer's workflow; after it the command says that Muster is working on it."""


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """What came of it; a choice, where several accounts can be meant.

    That is the account that the argument names, else the one of this channel's team, else the only one there
    is. The offer goes to the private chat, wherever the command was written.
    """
    return for_person(await _outcome(request, dependencies))


async def _outcome(request: CommandRequest, dependencies: Dependencies) -> Content:
    if request.person is None:
        return NO_PERSON
    accounts = await dependencies.linking.accounts(request.tenant)
    if not accounts:
        return plain_sentence(NOBODY_SERVED)
    if request.argument:
        account = named_account(request.argument, accounts)
        if account is None:
            return plain_sentence(unknown_account_sentence(accounts))
        return await _link(request, dependencies, request.person, account)
    here = request.team.account if request.team is not None else None
    if here is not None:
        return await _link(request, dependencies, request.person, here)
    if len(accounts) == 1:
        return await _link(request, dependencies, request.person, accounts[0])
    return choice_card(accounts) if request.is_private else plain_sentence(choose_sentence(accounts))


async def _link(request: CommandRequest, dependencies: Dependencies, person: Person, account: str) -> str:
    linking = dependencies.linking
    told = await linking.standing(request.tenant, person, account)
    if told is None:
        asked = Asked(
            tenant=request.tenant,
            person=person,
            account=account,
            key=request.key,
            correlation=request.activity.id,
        )
        told = await linking.ask(asked, answer_by=asyncio.get_running_loop().time() + _WITHIN)
    return plain_sentence(told)
