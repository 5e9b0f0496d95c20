"""The whole way of the guide, for everybody whom the sandbox's connected world starts with."""

import httpx

from sandbox.company import Company as SandboxCompany
from sandbox.company import Connection, Person, Team
from sandbox.up.supervision.launch import Launched
from tests.chaos.company import Company
from tests.chaos.newcomer import CONSENT, newcomer
from tests.chaos.responder import responder
from tests.stack.channel import Channel


def unconnected(world: SandboxCompany) -> SandboxCompany:
    """The same people, teams and services, and nothing that somebody did with Muster."""
    nobody = tuple(person.model_copy(update={"linked": False}) for person in world.people)
    return world.model_copy(update={"people": nobody, "connections": ()})


async def is_set_up(
    http: httpx.AsyncClient, stack: Launched, company: Company, world: SandboxCompany
) -> None:
    """Two teams come aboard, people link themselves, and the account's owner connects the services."""
    payments, platform = world.teams
    await _comes_aboard(company, platform, consents=False)
    await _comes_aboard(company, payments, consents=True)
    for person in world.people:
        if person.linked:
            await _is_linked(company, person, world.tenant_id)
    channels = {one.channel: Channel(http, stack, one.channel) for one in world.connections}
    greeted = set[str]()
    for one in world.connections:
        await _is_connected(channels[one.channel], world, one, is_first=one.channel not in greeted)
        greeted.add(one.channel)


async def _comes_aboard(company: Company, team: Team, *, consents: bool) -> None:
    async with newcomer(company, team) as new:
        await new.install()
        await new.authorize(await new.waits_for_an_admin())
        if consents:
            await new.consent(await new.link(CONSENT))
        await new.is_told("The team is connected to PagerDuty")


async def _is_linked(company: Company, person: Person, tenant: str) -> None:
    async with responder(company, person, tenant) as one:
        await one.links(await one.asks_for_a_link())


async def _is_connected(
    channel: Channel, world: SandboxCompany, connection: Connection, *, is_first: bool
) -> None:
    """Whoever owns the account writes ``connect``, and presses **Connect Service**."""
    owner = next(person for person in world.people if person.role == "owner")
    service = next(service for service in world.services if service.id == connection.service)
    await channel.says(owner.email, f"connect {await channel.address_on_the_console(service)}")
    assert f"{service.name} is connected to this channel now" in await channel.clicks(owner.email)
    await channel.shows_connected(service, owner.name, is_first=is_first)
