"""The bare engine's workflow: signals in, activities that POST out, and nothing else."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow

POST = "bare.post"
NOTHING = "bare.nothing"


@dataclass
class Post:
    """One POST, with the text that it carries."""

    incident: str
    says: str


@dataclass
class Step:
    """A signal: what to do for it."""

    incident: str
    posts: list[str]
    """One activity with a POST for each."""
    empty: int = 0
    """How many activities do nothing: as many as those of the product that do not POST."""
    last: bool = False


@workflow.defn(name="Bare")
class BareWorkflow:
    """Signals in, activities out."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._done = False

    @workflow.signal(name="step")
    def step(self, step: Step) -> None:
        """Something happened."""
        self._steps.append(step)

    @workflow.run
    async def run(self) -> str:
        """Do every step in turn, until the last."""
        while not self._done:
            await workflow.wait_condition(lambda: bool(self._steps))
            step = self._steps.pop(0)
            for says in step.posts:
                await self._call(POST, Post(step.incident, says))
            for _ in range(step.empty):
                await self._call(NOTHING, Post(step.incident, ""))
            self._done = step.last
        return "done"

    async def _call(self, name: str, post: Post) -> None:
        await workflow.execute_activity(name, post, start_to_close_timeout=timedelta(seconds=10))
