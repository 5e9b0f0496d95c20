"""What can be seen of a workflow from outside, whichever it is."""

from typing import Any

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client

from tests.support.waiting import eventually
from tests.workflows.channel_incident.timeline import Timeline


class Observed:
    """A workflow by its id, whatever run of it is the latest."""

    client: Client
    id: str

    async def details(self) -> str:
        """The markdown under *current details*. Everything sent before is folded when it answers."""
        handle = self.client.get_workflow_handle(self.id)
        metadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return str(metadata.current_details)

    async def attribute(self, name: str) -> Any:
        described = await self.client.get_workflow_handle(self.id).describe()
        attributes = described.typed_search_attributes
        return next((pair.value for pair in attributes if pair.key.name == name), None)

    async def until_attribute(self, name: str, value: Any) -> None:
        async def has_it() -> bool:
            return bool(await self.attribute(name) == value)

        await eventually(has_it)

    async def is_idle(self) -> None:
        """Wait until nothing is in flight: no activity, no workflow task."""

        async def nothing_pending() -> bool:
            raw = (await self.client.get_workflow_handle(self.id).describe()).raw_description
            return not (raw.pending_activities or raw.HasField("pending_workflow_task"))

        await eventually(nothing_pending)

    async def timeline(self, run_id: str | None = None) -> Timeline:
        """The history of a run, by default of the latest."""
        handle = self.client.get_workflow_handle(self.id, run_id=run_id)
        return Timeline((await handle.fetch_history()).events)
