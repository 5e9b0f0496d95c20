"""Every call of our own document, with what it allows and what it does not, at the whole product.

Schemathesis draws the calls: for an incident that is there and has a card, and for whatever else can stand in
the address. No answer is one of 500 and above, and each has a status, headers and a body that the document
names for it.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from muster.store.pool import open_pool
from sandbox.company import Company, read_company
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched
from tests.api.public import bearer, given_token
from tests.schemas import CHECKOUT
from tests.support.connections import async_client
from tests.support.product import running
from tests.support.settings import database_at
from tests.support.simulators import PagerDuty, Teams
from tests.support.waiting import eventually

pytestmark = pytest.mark.soak

DOCUMENT = schemathesis.openapi.from_path(CHECKOUT / "docs" / "api.openapi.json")
OPERATIONS = {
    found.ok().label: found.ok() for found in DOCUMENT.get_all_operations() if isinstance(found, Ok)
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
"""Of each call in each of the four ways: a token may call 120 times a minute."""
_WITHIN = 10
"""Seconds: every answer comes within five."""


@dataclass(frozen=True)
class Program:
    """Calls the product's API."""

    stack: Launched
    company: Company
    incident: str
    http: requests.Session

    def token(self) -> dict[str, str]:
        """The header of a token that nobody has called with."""
        return bearer(asyncio.run(self._given()))

    def naming_what_is_there(self, body: Any) -> Any:
        """The same body with the tenant, the team and a place that the product knows."""
        there = {
            "mst_tenant_id": self.company.tenant_id,
            "mst_team_id": self.company.teams[0].id,
            "to": {"channel": "payments-ops"},
            "members": ["PUSER02", "di@acme.example"],
        }
        return (
            {name: there.get(name, value) for name, value in body.items()} if isinstance(body, dict) else body
        )

    async def _given(self) -> str:
        async with await open_pool(database_at(self.stack.ready["database_url"])) as pool:
            return await given_token(pool)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("our_api")) as stack, requests.Session() as http:
        http.trust_env = False
        company = read_company(DataFolder(stack.output.parent / "data").company)
        yield Program(stack, company, asyncio.run(_shown_incident(stack)), http)


@pytest.mark.parametrize("known", [True, False], ids=["a known incident", "anything"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda m: m.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_no_call_makes_us_fail(program: Program, label: str, mode: GenerationMode, known: bool) -> None:
    operation = OPERATIONS[label]
    names = {parameter.name for parameter in operation.path_parameters} & {"incident", "incident_id"}
    if known and not names:
        pytest.skip("it is about no incident")
    fixed: dict[str, Any] = dict.fromkeys(names, program.incident)
    token = program.token()

    @given(case=operation.as_strategy(mode, path_parameters=fixed if known else None))
    @EXAMPLES
    def call(case: "Case[Any]") -> None:
        if known and mode is GenerationMode.POSITIVE:
            case.body = program.naming_what_is_there(case.body)
        answer = case.call(
            base_url=program.stack.ready["api"], session=program.http, headers=token, timeout=_WITHIN
        )
        case.validate_response(answer, checks=CHECKS)

    call()


async def _shown_incident(stack: Launched) -> str:
    """An incident whose card is in its channel."""
    async with async_client() as http:
        incident = await PagerDuty(http, stack.ready).trigger("Checkout is slow")

        async def is_shown() -> bool:
            return incident in str(await Teams(http, stack.ready).records())

        await eventually(is_shown)
    return incident
