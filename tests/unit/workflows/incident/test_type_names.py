"""What people call a type of incident."""

import pytest

from workflows.incident.type_names import shown_type
from workflows.incident.values import TypeName


@pytest.mark.parametrize(
    ("name", "known", "shown"),
    [
        (None, None, None),
        ("major_default", None, "Major incident"),
        ("security_breach", None, "Security breach"),
        ("major_default", TypeName(name="major_default", shown="Major Incident"), "Major incident"),
        ("major_default", TypeName(name="major_default", shown="SEV 1"), "SEV 1"),
        ("sec", TypeName(name="sec", shown="Security"), "Security"),
        ("fraud", TypeName(name="sec", shown="Security"), "Fraud"),
        ("_default", None, "_default"),
    ],
)
def test_a_type_is_called_as_people_know_it(
    name: str | None, known: TypeName | None, shown: str | None
) -> None:
    assert shown_type(name, known) == shown
