"""Greeting."""

from activities.registration import implements
from workflows.toy.activities import GREET
from workflows.toy.messages import End, Start


class ToyActivities:
    """Greets."""

    @implements(GREET)
    async def greet(self, start: Start) -> End:
        """Say hello."""
        return End(greeting=f"hello {start.name}")
