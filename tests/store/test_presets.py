"""Presets: what enters by a connection, what is chosen for a card, and what a card is found with."""

import asyncio

import pytest

from muster.store import connections
from muster.store.pool import Connection, Pool
from muster.store.targets import (
    Target,
    bring_in,
    choose_preset,
    find_card,
    find_card_of_incident,
    in_revived,
    open_in,
)
from tests.store.webhooks import CHECKOUT_IN_OPS, Incident
from tests.support.company import ACCOUNT, CHECKOUT, LEDGER, OPS, TEAM, TENANT
from workflows.channel_incident.messages import Timing
from workflows.presets import ChosenPreset, Preset

pytestmark = pytest.mark.anyio


async def choose(pool: Pool | Connection, preset: Preset) -> ChosenPreset:
    """Choose it for the card in the channel ops."""
    (card,) = await open_in(pool, conversation=OPS, tenant=TENANT)
    (chosen,) = await choose_preset(pool, OPS, [card], preset)
    return chosen.preset


async def connect_by(pool: Pool | Connection, preset: Preset, *, service: str = CHECKOUT) -> None:
    await connections.upsert(
        pool, account=ACCOUNT, service=service, service_name="-", conversation=OPS, preset=preset
    )


async def stop(pool: Pool | Connection, incident_id: str) -> None:
    """Somebody stops following it; nobody need have followed it first."""
    await pool.execute(
        """UPDATE incident_card SET followed_at = now(), followed_by = 'a', followed_name = 'A',
           stopped_at = now(), stopped_by = 'b', stopped_name = 'B' WHERE incident_id = $1""",
        incident_id,
    )


def presets(found: tuple[Target, ...]) -> list[ChosenPreset]:
    return [target.preset for target in found]


async def test_what_enters_has_the_preset_of_its_connection(incident: Incident) -> None:
    assert presets(await incident.event()) == [ChosenPreset(preset="highlights_only")]
    await connect_by(incident.pool, "all_updates")
    fresh = Incident(incident.pool, "Q2")
    assert presets(await fresh.event()) == [ChosenPreset(preset="all_updates")]
    (target,) = await fresh.note()
    assert target.start(Timing()).preset == ChosenPreset(preset="all_updates")


async def test_what_is_brought_in_has_the_preset_of_its_connection_and_what_was_there_its_own(
    incident: Incident,
) -> None:
    await incident.event()
    await connect_by(incident.pool, "no_updates")
    found = await bring_in(incident.pool, CHECKOUT_IN_OPS, ["Q1", "Q2"], most=50)
    assert [(one.incident_id, one.preset.preset) for one in found] == [
        ("Q1", "highlights_only"),
        ("Q2", "no_updates"),
    ]


async def test_a_second_connection_of_the_conversation_leaves_a_card_as_it_entered(
    incident: Incident,
) -> None:
    """Its service changed to one that the channel is connected to as well."""
    await connect_by(incident.pool, "status_updates_only", service=LEDGER)
    await incident.event()
    found = await incident.event(service=LEDGER, just_matched=True)
    assert presets(found) == [ChosenPreset(preset="highlights_only")] * 2
    other = Incident(incident.pool, "Q2")
    assert presets(await other.event(service=LEDGER))[0].preset == "status_updates_only"


async def test_a_connection_that_is_written_again_without_a_preset_keeps_its_own(pool: Pool) -> None:
    await connect_by(pool, "all_updates")
    await connections.upsert(
        pool, account=ACCOUNT, service=CHECKOUT, service_name="Checkout", conversation=OPS
    )
    assert await pool.fetchval("SELECT preset FROM connection WHERE service = $1", CHECKOUT) == "all_updates"


async def test_a_chosen_preset_counts_wherever_the_card_is_found(incident: Incident) -> None:
    await incident.event(service=LEDGER)
    await incident.pool.execute(
        "UPDATE incident_card SET intent_at = now(), activity_id = '1' WHERE conversation = $1", OPS
    )
    chosen = await choose(incident.pool, "all_updates")
    assert chosen == ChosenPreset(preset="all_updates", number=1)
    by_message = await find_card(incident.pool, conversation=OPS, activity_id="1")
    by_incident = await find_card_of_incident(
        incident.pool, conversation=OPS, account=ACCOUNT, incident_id="Q1"
    )
    assert by_message is not None
    assert by_incident is not None
    assert (by_message.preset, by_incident.preset) == (chosen, chosen)
    assert presets(await incident.note()) == [chosen, ChosenPreset()], "the other channel's card has its own"
    assert presets(await bring_in(incident.pool, CHECKOUT_IN_OPS, ["Q1"], most=1)) == [chosen]


async def test_a_revived_channels_cards_keep_their_presets(incident: Incident) -> None:
    await incident.event()
    await choose(incident.pool, "no_updates")
    await incident.pool.execute("UPDATE incident_card SET intent_at = now()")
    await incident.pool.execute("UPDATE conversation SET suspended_by = 'r/1' WHERE id = $1", OPS)
    assert presets(await in_revived(incident.pool, team=TEAM, request="r/1")) == [
        ChosenPreset(preset="no_updates", number=1)
    ]


@pytest.mark.pooler_too
async def test_of_many_choices_at_once_the_row_has_the_one_with_the_highest_number(
    incident: Incident,
) -> None:
    await incident.event()
    wanted: list[Preset] = ["no_updates", "all_updates", "status_updates_only", "highlights_only"]
    chosen = await asyncio.gather(*(choose(incident.pool, preset) for preset in wanted))
    assert sorted(one.number for one in chosen) == [1, 2, 3, 4]
    assert presets(await incident.note()) == [max(chosen, key=lambda one: one.number)]


async def test_a_preset_is_chosen_for_live_cards_of_unresolved_incidents_alone(incident: Incident) -> None:
    pool = incident.pool
    for id in ("Q1", "Q2", "Q3"):
        await Incident(pool, id).event()
    await pool.execute(
        """UPDATE incident_card SET view = '{"status": "resolved"}' WHERE incident_id = 'Q2'"""
    )
    await stop(pool, "Q3")
    cards = await open_in(pool, conversation=OPS, tenant=TENANT)
    assert [card.incident_id for card in cards] == ["Q1"]
    assert await open_in(pool, conversation=OPS, tenant="another") == ()


async def test_nothing_is_chosen_for_a_card_that_somebody_stops_meanwhile(incident: Incident) -> None:
    await incident.event()
    cards = await open_in(incident.pool, conversation=OPS, tenant=TENANT)
    await stop(incident.pool, "Q1")
    assert await choose_preset(incident.pool, OPS, cards, "all_updates") == ()


async def test_nothing_is_chosen_in_a_channel_that_is_suspended(incident: Incident) -> None:
    """It would start the cards' runs in a place where nothing may be shown."""
    await incident.event()
    cards = await open_in(incident.pool, conversation=OPS, tenant=TENANT)
    await incident.pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", OPS)
    assert await open_in(incident.pool, conversation=OPS, tenant=TENANT) == ()
    assert await choose_preset(incident.pool, OPS, cards, "all_updates") == ()


async def test_a_choice_is_for_the_cards_that_are_named_and_their_conversation_alone(
    incident: Incident,
) -> None:
    await incident.event(service=LEDGER)
    cards = await open_in(incident.pool, conversation=OPS, tenant=TENANT)
    another = [card.model_copy(update={"account": "umbrella"}) for card in cards]
    assert await choose_preset(incident.pool, OPS, another, "all_updates") == ()
    assert len(await choose_preset(incident.pool, OPS, cards, "all_updates")) == 1
    assert presets(await incident.note()) == [ChosenPreset(preset="all_updates", number=1), ChosenPreset()]


async def test_a_choice_for_many_cards_meets_incidents_that_are_brought_in(incident: Incident) -> None:
    """Both lock the rows of a conversation's cards, in one order."""
    ids = [f"Q{number:02}" for number in range(20)]
    for id in ids:
        await Incident(incident.pool, id).event()
    followed = "UPDATE incident_card SET followed_at = now(), followed_by = 'a', followed_name = 'A'"
    await incident.pool.execute(followed)  # so that bringing in takes them over, which locks their rows
    cards = await open_in(incident.pool, conversation=OPS, tenant=TENANT)
    chosen = await asyncio.gather(
        *(choose_preset(incident.pool, OPS, order, "all_updates") for order in (cards, cards[::-1])),
        bring_in(incident.pool, CHECKOUT_IN_OPS, ids[::-1], most=50),
    )
    assert [len(found) for found in chosen] == [20, 20, 20]
    assert {one.preset.number for one in await open_in(incident.pool, conversation=OPS, tenant=TENANT)} == {2}
