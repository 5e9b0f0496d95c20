"""The table of what the Bot Connector refuses."""

import pytest

from muster.clients.teams.refusal import REFUSED, UNKNOWN, Row, error_of, row_of
from workflows.errors import (
    CardGone,
    NeedsPerson,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    Temporary,
)

EXPECTED: dict[str, tuple[type[OutsideError], ...]] = {
    "message": (CardGone,),
    "conversation": (NeedsPerson,),
    "moment": (Temporary, OutcomeUnknown),
    "request": (NeedsPerson, NotFound),
}
"""What the errors of each subject may be."""


def name_of(row: Row) -> str:
    return f"{row.code or 'any'} {row.about}"


@pytest.mark.parametrize("row", [*REFUSED, UNKNOWN], ids=name_of)
def test_each_row_has_a_source_and_an_error_of_its_subject(row: Row) -> None:
    assert row.source
    assert issubclass(row.error, EXPECTED[row.about])


@pytest.mark.parametrize("row", REFUSED, ids=name_of)
def test_each_row_decides_for_some_answer(row: Row) -> None:
    """None is hidden behind those before it."""
    codes = [row.code] if row.code else []
    answers = (
        (call, status) for call in sorted(row.calls) for status in range(600) if status in row.statuses
    )
    assert any(row_of(call, status, codes) is row for call, status in answers)


@pytest.mark.parametrize("status", [300, 307, 400, 402, 403, 404, 409, 410, 418, 451, 499])
@pytest.mark.parametrize("codes", [(), ("SomethingNew",)])
def test_what_nobody_knows_is_of_the_moment(status: int, codes: tuple[str, ...]) -> None:
    assert row_of("post", status, codes).about == "moment"


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_a_failed_create_may_have_done_it_and_a_repeatable_call_has_not(status: int) -> None:
    failed = row_of("post", status, ["BotNotInConversationRoster"])
    assert error_of(failed, repeatable=False) is OutcomeUnknown
    assert error_of(failed, repeatable=True) is ProviderUnavailable
