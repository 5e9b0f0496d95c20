"""What travels between the Schedule, operators and a run of ``Upkeep``."""

from workflows.upkeep.state import StageReport
from workflows.values import Value


class Start(Value):
    """The input of a run. The Schedule gives the same one every day."""

    account: str


class End(Value):
    """The result of a run, for operators: what each stage did, and why it stopped where it did."""

    stages: tuple[StageReport, ...]
