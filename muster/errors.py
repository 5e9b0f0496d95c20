"""The base of what an operator must mend before a process can start."""

from typing import ClassVar


class OperatorError(Exception):
    """Ends a process. Its text is what the operator reads: what is wrong, and what to do about it.

    The text holds no secret; it may have several lines. The command line writes it to standard error and
    ends with ``exit_code``.
    """

    exit_code: ClassVar[int] = 1
