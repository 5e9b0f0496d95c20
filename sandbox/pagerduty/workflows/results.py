"""The three outputs that every action has (*Result*, *Result Summary*, *Error*)."""

RESULT = ("Result", "Result Summary", "Error")
"""Their names; *Result* is *Success* or *Failed*."""


def succeeded(summary: str) -> dict[str, str]:
    """The outputs of an action that did what it should."""
    return {"Result": "Success", "Result Summary": summary, "Error": ""}


def failed(error: str) -> dict[str, str]:
    """The outputs of an action that did not, and why."""
    return {"Result": "Failed", "Result Summary": "The action failed", "Error": error}
