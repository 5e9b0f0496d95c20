"""What programs read of an incident that they have followed somewhere."""

import pytest

from muster.cards.messages import message_text, speaker_name
from muster.cards.operations import error_of, summary_of
from workflows.operation.state import Ended

UNKNOWN = Ended(outcome="unknown", reason="given_up")


@pytest.mark.parametrize(
    ("kind", "summary"),
    [
        ("follow", "The incident is followed in Payments/#ops"),
        ("stop_following", "The incident is not followed in Payments/#ops any more"),
    ],
)
def test_the_operation_names_the_conversation(kind: str, summary: str) -> None:
    ended = Ended(outcome="done", says="Payments/#ops")
    assert (summary_of(kind, ended), error_of(kind, ended)) == (summary, None)
    assert summary_of(kind, UNKNOWN) == "Nobody knows whether it was done"
    assert error_of(kind, UNKNOWN) == "Nobody knows whether it was done: call again"


def test_who_follows_is_called_as_who_writes() -> None:
    assert speaker_name("Ada Ops", through="Workflows") == "Ada Ops through Workflows"
    assert message_text("Hi", by="Ada Ops", through="Workflows").startswith("Ada Ops through Workflows:")
