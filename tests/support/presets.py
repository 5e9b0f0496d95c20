"""Choose how much is said beside a card, as a button of the product will (docs/decisions/0052)."""

from collections.abc import Mapping
from typing import Any

from muster.store import targets
from muster.store.pool import open_pool
from muster.temporal.client import connect
from tests.support.settings import settings_for
from workflows.channel_incident.messages import CardKey, PresetChosen
from workflows.channel_incident.workflow_type import CHOOSE_PRESET
from workflows.presets import Preset


async def choose_preset(ready: Mapping[str, Any], incident: str, chat: str, preset: Preset) -> None:
    """Write the preset of the incident's card in this conversation, and tell its run, which goes on."""
    settings = settings_for(ready["database_url"], ready["temporal"])
    account = ready["pagerduty_account"]
    pool = await open_pool(settings.database, size=1)
    try:
        card = await targets.find_card_of_incident(
            pool, conversation=chat, account=account, incident_id=incident
        )
        assert card is not None
        key = CardKey(account=account, incident_id=incident, conversation=chat)
        chosen = await targets.choose_preset(pool, key, preset)
        assert chosen is not None
    finally:
        await pool.close()
    run = (await connect(settings)).get_workflow_handle(card.workflow_id)
    await run.signal(CHOOSE_PRESET.name, PresetChosen(chosen=chosen, by="Ada Ops"))
