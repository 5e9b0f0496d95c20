"""What ``status`` says of links.

The API opens no token by which PagerDuty could be asked for a role. Who is an Admin is what rows know:
whoever was one when they linked themselves, and the PagerDuty user who authorized a team, which an Admin
alone can do.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from api.bot.commands.request import CommandRequest, Dependencies
from muster.cards.links.status import (
    MORE_IN_PRIVATE,
    OwnLink,
    SharedUser,
    own_links_text,
    shared_users_text,
)
from muster.store import links, teams
from muster.store.links import Link
from muster.store.pool import Pool
from workflows.person import Person
from workflows.rights import may_authorize


async def links_text(request: CommandRequest, dependencies: Dependencies) -> str | None:
    """The person's own links, of this channel's account where it has one; ``None``: there is nothing to say.

    Names of other people are said in the private chat alone.
    """
    if request.person is None:
        return None
    own = await links.of_person(
        dependencies.pool, tenant=request.tenant, aad_object_id=request.person.aad_object_id
    )
    accounts = await _accounts(request, dependencies, own)
    if not accounts:
        return None
    pool = dependencies.pool
    administered = await _administered(pool, request.tenant, own)
    shared = await links.shared_users(pool, tenant=request.tenant, accounts=administered)
    others = {
        link.account: await _others(pool, request.tenant, request.person, link)
        for link in own
        if link.account in accounts
    }
    known = {link.account: link for link in own}
    shown = [
        _own(account, known.get(account), others.get(account, ()) if request.is_private else ())
        for account in accounts
    ]
    pieces = [own_links_text(shown, datetime.now(UTC))]
    if request.is_private:
        if shared:
            pieces.append(shared_users_text([SharedUser(*user) for user in shared]))
    elif shared or any(others.values()):
        pieces.append(MORE_IN_PRIVATE)
    return "\n\n".join(pieces)


async def _accounts(
    request: CommandRequest, dependencies: Dependencies, own: Sequence[Link]
) -> tuple[str, ...]:
    if request.team is not None and request.team.account is not None:
        return (request.team.account,)
    served = await dependencies.linking.accounts(request.tenant)
    return tuple(sorted({*served, *(link.account for link in own)}))


async def _administered(pool: Pool, tenant: str, own: Sequence[Link]) -> list[str]:
    """The accounts whose Admin the person is, as far as rows know."""
    authorized = {(team.account, team.authorized_by) for team in await teams.of_tenant(pool, tenant)}
    return [
        link.account
        for link in own
        if may_authorize(link.pagerduty_role) or (link.account, link.pagerduty_user) in authorized
    ]


async def _others(pool: Pool, tenant: str, person: Person, link: Link) -> tuple[str, ...]:
    return await links.others_of_user(
        pool,
        tenant=tenant,
        aad_object_id=person.aad_object_id,
        account=link.account,
        pagerduty_user=link.pagerduty_user,
    )


def _own(account: str, link: Link | None, others: Sequence[str]) -> OwnLink:
    if link is None:
        return OwnLink(account)
    return OwnLink(
        account=account,
        name=link.pagerduty_name,
        linked_at=link.linked_at,
        authorized_at=link.authorized_at,
        refreshed_at=link.refreshed_at,
        others=others,
    )
