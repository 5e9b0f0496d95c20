"""What calls ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Query, Request

from sandbox.pagerduty.simulator import Simulator


async def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


Account = Annotated[Simulator, Depends(_simulator)]
"""The account the call is about."""

Included = Annotated[list[str], Query(alias="include[]", default_factory=list)]
"""Values of ``include[]``."""
