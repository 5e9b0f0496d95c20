"""A variable that begins like ours and that nothing reads is named, with the one that was meant."""

import pytest
from structlog.testing import capture_logs

from muster.settings import Settings
from muster.variables import OTHERS, unknown_variables, variable, warn_of_unknown


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        ("MUSTER_PROXXY", "MUSTER_PROXY"),
        ("MUSTER_KEY", "MUSTER_KEYS"),
        ("MUSTER_CAFILE", "MUSTER_CA_FILE"),
        ("MUSTER_SERVICE_HOST", "MUSTER_SERVICE_HOSTS"),
        ("MUSTER_DATABASE_URL", "DATABASE_URL"),
        ("MUSTER_TEMPORAL_ADDRESS", "TEMPORAL_ADDRESS"),
        ("MUSTER_SECRET_DIR", "MUSTER_SECRETS_DIR"),
        ("MUSTER_LOGLEVEL", "MUSTER_LOG_LEVEL"),
        ("muster_proxi", "MUSTER_PROXY"),
        ("MUSTER_QQQQQQ", None),
    ],
)
def test_a_mistyped_variable_is_named_with_the_nearest(mistyped: str, meant: str | None) -> None:
    ((name, nearest),) = unknown_variables(["PATH", mistyped])
    assert (name, nearest) == (mistyped, meant)


def test_every_variable_that_something_reads_is_known() -> None:
    known = {variable(field) for field in Settings.model_fields} | OTHERS
    assert list(unknown_variables([*known, "muster_proxy", "PATH", "MUSTARD", "TEMPORAL_X"])) == []


def test_the_log_names_it() -> None:
    with capture_logs() as logs:
        warn_of_unknown({"MUSTER_PROXXY": "http://ada:p4ss@proxy"})
    assert logs == [
        {
            "event": "unknown variable",
            "log_level": "warning",
            "variable": "MUSTER_PROXXY",
            "nearest": "MUSTER_PROXY",
        }
    ]
