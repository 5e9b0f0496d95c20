"""``python run_toy.py ADDRESS``: run ``Toy`` by whatever the worker of this tree finds, in the sandbox."""

import asyncio
import sys
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from workflows.toy.messages import Start
from workflows.toy.workflow_type import TOY

from activities.registration import activities_of
from worker import workflow_runner
from workflows.discovery import workflow_classes


async def main(address: str) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    names = (
        "connector",
        "pagerduty",
        "app_tokens",
        "accounts",
        "keys",
        "pool",
        "details_pool",
        "clicks_pool",
    )
    nothing: dict[str, Any] = dict.fromkeys(names)
    start = Start(name="Ada")
    async with Worker(
        client,
        task_queue="toy",
        workflows=workflow_classes(),
        activities=activities_of(**nothing),
        workflow_runner=workflow_runner(sandboxed=True),
    ):
        result: Any = await client.execute_workflow(
            TOY.name, start, id=TOY.workflow_id(start), task_queue="toy"
        )
    print(result["greeting"])  # noqa: T201
    await asyncio.sleep(0.3)  # temporalio/sdk-python#300


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
