"""What a failure of the running product shows."""

from collections.abc import Generator

import pytest

from tests.support.product import ends_of_logs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows the end of every part's log."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack is not None:
        report.sections += ends_of_logs(stack)
    return report
