"""``connect``: a card for everybody in the channel, by which whoever may connects the service.

What PagerDuty says to whoever wrote it decides whether there is a card; who may connect is decided at the
click. Nothing is started and nothing is kept.
"""

import asyncio

import structlog

from api.bot.channels import why_no_channel
from api.bot.commands.named_service import another_account
from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_person
from api.bot.connecting import Asker
from muster.cards.commands import NO_PERSON, NOT_AUTHORIZED, plain_sentence
from muster.cards.connections.offer import ConnectionOffer, offer_card
from muster.cards.connections.sentences import (
    SEVERAL,
    another_account_sentence,
    another_region_sentence,
    no_argument_sentence,
    not_a_service_sentence,
    not_configured_sentence,
    sentence_of,
)
from muster.config_file import PagerDutyAccount
from muster.service_addresses import NoService, service_in
from muster.store import connections
from workflows.connect_channel.activities import RightsRead
from workflows.connect_channel.messages import ConnectAnswer
from workflows.errors import NeedsPerson, OutsideError
from workflows.person import Person
from workflows.rights import Rights, why_not_connect

_WITHIN = 5.0
"""Seconds for all of it; what PagerDuty says takes four at most (api/person_readers.py)."""
_NO_LINK = ("link_removed", "link_ended")
"""Where PagerDuty was not asked since there is no link any more: another one is offered."""

log = structlog.stdlib.get_logger(__name__)


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """The card, or why there is none, which only whoever wrote the command reads."""
    offer = await _offered(request, dependencies)
    if isinstance(offer, str):
        return for_person(plain_sentence(offer))
    return CommandAnswer(for_all=offer_card(offer))


async def _offered(request: CommandRequest, dependencies: Dependencies) -> ConnectionOffer | str:
    """What can be connected, or why nothing can, in plain text."""
    if (refusal := why_no_channel(request.activity)) is not None:
        return refusal
    if request.person is None:
        return NO_PERSON
    if request.team is None or not request.team.is_authorized or request.team.account is None:
        return NOT_AUTHORIZED
    configured = dependencies.accounts.of(request.tenant)
    account = configured.get(request.team.account)
    if account is None:
        return not_configured_sentence(request.team.account)
    service = service_in(request.argument, account)
    if isinstance(service, NoService):
        return _not_named(service, request, account, dependencies)
    known = await connections.live(
        dependencies.pool,
        account=account.key,
        service=service,
        conversation=request.activity.conversation_id,
    )
    if known is not None:
        return _said(
            ConnectAnswer(
                reply="already_connected", service_name=known.service_name, by=known.by, since=known.since
            )
        )
    return await _read(request, request.person, account, service, dependencies)


def _not_named(
    found: NoService, request: CommandRequest, account: PagerDutyAccount, dependencies: Dependencies
) -> str:
    match found.problem:
        case "no_argument":
            return no_argument_sentence(account.web_url)
        case "several":
            return SEVERAL
        case "another_region":
            return another_region_sentence(
                found.host or "", account.key, region=account.region, web_url=account.web_url
            )
        case "another_account" | "not_a_service":
            others = dependencies.accounts.of(request.tenant)
            named = another_account(request.argument, [one for one in others.values() if one is not account])
            if named is not None:
                return another_account_sentence(named, account.key, is_configured=True)
            if found.host is not None:
                return another_account_sentence(found.host, account.key, is_configured=False)
            return not_a_service_sentence(account.web_url)


async def _read(
    request: CommandRequest,
    person: Person,
    account: PagerDutyAccount,
    service: str,
    dependencies: Dependencies,
) -> ConnectionOffer | str:
    """What PagerDuty says as the person."""
    asker = Asker(
        tenant=request.tenant,
        person=person,
        key=request.key,
        correlation=request.activity.id,
        again="command",
        answer_by=asyncio.get_running_loop().time() + _WITHIN,
    )
    connecting = dependencies.connecting
    link = await connecting.link_of(asker, account.key)
    if link is None:
        return await connecting.offer_link("connect", asker, account.key)
    try:
        read = await dependencies.rights.read(link=link, account=account.key, service=service)
    except OutsideError as failure:
        log.warning("rights were not read", reason=type(failure).__name__)
        is_refused = isinstance(failure, NeedsPerson)
        return _said(ConnectAnswer(reply="pagerduty_refused" if is_refused else "pagerduty_unavailable"))
    if read.unread in _NO_LINK:
        return await connecting.offer_link("connect", asker, account.key)
    return _judged(read, account.key)


def _judged(read: RightsRead, account: str) -> ConnectionOffer | str:
    rights = read.rights
    if rights is None:
        return _said(ConnectAnswer(reply=read.unread or "forbidden"))
    service = rights.service
    if (denial := why_not_connect(rights)) is not None or service is None:
        return _said(_denied(rights, denial))
    if service.is_disabled:
        return _said(ConnectAnswer(reply="service_disabled", service_name=service.name))
    return ConnectionOffer(account, service.id, service.name, tuple(team.name for team in service.teams))


def _denied(rights: Rights, denial: str | None) -> ConnectAnswer:
    service = rights.service
    return ConnectAnswer.model_validate(
        {
            "reply": denial or "unknown_service",
            "service_name": service.name if service else "",
            "teams": service.teams if service else (),
        }
    )


def _said(answer: ConnectAnswer) -> str:
    return sentence_of(answer, "connect", again="command")
