"""Greeting."""

from workflows.toy.activities import GREET
from workflows.toy.messages import End, Start

from activities.registration import implements


class ToyActivities:
    """Greets."""

    @implements(GREET)
    async def greet(self, start: Start) -> End:
        """Say hello."""
        return End(greeting=f"hello {start.name}")
