"""The simulator's small rules, each for itself."""

import pytest

from sandbox.teams.card_actions import find_action
from sandbox.teams.errors import ConnectorError
from sandbox.teams.rate_limits import RateWindows
from sandbox.teams.state import Message, Version, timestamp
from tests.sandbox.teams_process import message


class Seconds:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def admitted(windows: RateWindows, calls: int) -> tuple[int, int | None]:
    """How many of so many calls at one moment pass, and what the first refused one is told."""
    for passed in range(calls):
        try:
            windows.admit("write", "thread")
        except ConnectorError as error:
            return passed, error.retry_after
    return calls, None


def test_windows_slide() -> None:
    clock = Seconds()
    windows = RateWindows(clock)
    assert admitted(windows, 10) == (7, 1)
    clock.now = 1.0
    assert admitted(windows, 10) == (1, 1), "eight in two seconds"
    clock.now = 2.0
    assert admitted(windows, 10) == (7, 1)


def test_the_longer_windows_hold_too() -> None:
    clock = Seconds()
    windows = RateWindows(clock)
    for second in range(15):
        clock.now = second * 2.0
        assert admitted(windows, 4) == (4, None)
    assert admitted(windows, 1) == (0, 2), "sixty in thirty seconds, the first four at zero"
    for half_minute in range(1, 30):
        for step in range(15):
            clock.now = half_minute * 30.0 + step * 2
            assert admitted(windows, 4) == (4, None)
    clock.now = 30 * 30.0
    assert admitted(windows, 1) == (0, 2700), "1,800 in an hour"


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
def test_an_action_is_found_wherever_it_is(verb: str) -> None:
    nested = message("x", "acknowledge")
    content = nested["attachments"][0]["content"]
    content["actions"] = [
        {
            "type": "Action.ShowCard",
            "card": {"type": "AdaptiveCard", "actions": [{"type": "Action.Execute", "verb": "resolve"}]},
        }
    ]
    content["body"].append({"type": "TextBlock", "text": "acknowledge", "data": {"type": "Action.Execute"}})
    shown = Message(id="1", created_at=timestamp(), versions=(Version(at=timestamp(), activity=nested),))
    action = find_action(shown, verb)
    assert action is not None
    assert action["verb"] == verb
    assert find_action(shown, "other") is None
