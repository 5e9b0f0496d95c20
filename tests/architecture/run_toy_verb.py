"""``python run_toy_verb.py ADDRESS``: press the button of a verb that only this tree has."""

import asyncio
import sys
from typing import Any

from activities.composition import implementations
from activities.pagerduty.ponder import PonderActivities
from activities.registration import registered
from muster.cards.incident.card import incident_card
from muster.cards.outcomes import sentence_of
from muster.temporal.client import temporal_client
from tests.support.settings import settings_for
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import shown


class WithPonder(FakeActivities):
    """The fake activities and the real one of the toy verb."""

    def activities(self) -> list[Any]:
        return [*super().activities(), *registered(PonderActivities())]


async def main(address: str) -> None:
    assert PonderActivities in set(implementations())
    async with temporal_client(settings_for("postgresql://unused", address)) as client:
        async with shown(client, WithPonder()) as run:
            card = run.outside.shown[-1]
            assert "Ponder" in str(incident_card(card.view, card.identity))
            answer = await run.ask(run.click("ponder"))
            summaries = (await run.timeline()).activities
    assert ("pagerduty.ponder", "as Ada Ops") in summaries
    print(sentence_of(answer.outcome, "ponder", account="acme"))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
