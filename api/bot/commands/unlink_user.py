"""``unlinkUser``: whoever wrote it is not linked any more, and their tokens are gone."""

from api.bot.commands.named_account import named_account
from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_person
from muster.cards.commands import NO_PERSON
from muster.cards.links.unlinking import NOT_LINKED, LinkedTo, choose_text, unlinked_text
from muster.store import link_offers, links
from muster.store.links import Link
from muster.store.pool import Pool, transaction


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """Whom they were linked to; which links there are, where it is not clear which one is meant.

    A person is known by the verified activity alone, so that nobody can name another.
    """
    return for_person(await _outcome(request, dependencies))


async def _outcome(request: CommandRequest, dependencies: Dependencies) -> str:
    if request.person is None:
        return NO_PERSON
    pool, person = dependencies.pool, request.person.aad_object_id
    own = await links.of_person(pool, tenant=request.tenant, aad_object_id=person)
    if not own:
        return NOT_LINKED
    if request.argument:
        account = named_account(request.argument, [link.account for link in own])
    else:
        account = own[0].account if len(own) == 1 else None
    if account is None:
        return choose_text([_shown(link) for link in own])
    ended = await _unlink(pool, request.tenant, person, account)
    return unlinked_text(_shown(ended)) if ended is not None else NOT_LINKED


async def _unlink(pool: Pool, tenant: str, person: str, account: str) -> Link | None:
    """Delete the link with its tokens and end what was offered, in one transaction.

    It waits for a refresh and for a return from PagerDuty that are under way; a call that is made with the
    token ends as it began.
    """
    async with transaction(pool) as connection:
        await links.lock_person(connection, tenant=tenant, aad_object_id=person, account=account)
        ended = await links.unlink(connection, tenant=tenant, aad_object_id=person, account=account)
        await link_offers.end_personal(connection, tenant=tenant, person=person, account=account)
    return ended


def _shown(link: Link) -> LinkedTo:
    return LinkedTo(link.account, link.pagerduty_name)
