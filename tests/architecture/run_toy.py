"""``python run_toy.py ADDRESS``: run ``Toy`` by whatever the worker of this tree finds, in the sandbox."""

import asyncio
import sys
from dataclasses import fields
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from activities.composition import Dependencies, activities_of
from worker import workflow_runner
from workflows.discovery import workflow_classes
from workflows.toy.messages import Start
from workflows.toy.workflow_type import TOY


async def main(address: str) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    nothing: Any = dict.fromkeys(field.name for field in fields(Dependencies))
    start = Start(name="Ada")
    async with Worker(
        client,
        task_queue="toy",
        workflows=workflow_classes(),
        activities=activities_of(Dependencies(**nothing)),
        workflow_runner=workflow_runner(sandboxed=True),
    ):
        result: Any = await client.execute_workflow(
            TOY.name, start, id=TOY.workflow_id(start), task_queue="toy"
        )
    print(result["greeting"])  # noqa: T201
    await asyncio.sleep(0.3)  # temporalio/sdk-python#300


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
