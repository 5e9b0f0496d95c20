"""The app's own token is asked for no more than it is used for: each use of it has a caller."""

import ast
from pathlib import Path

from muster.clients.pagerduty import app_scopes

REPOSITORY = Path(__file__).parents[2]
CALLERS = ("activities", "api", "muster")
"""Who calls PagerDuty. ``muster check`` tries every use there is without a name, and so counts for none."""
TOKENS = ("app_tokens", "self._app_tokens")
"""How callers name their ``AppTokens``."""


def uses_in(path: Path) -> set[str]:
    """The names of the uses for which a module gets the app's token."""
    return {
        use.id
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("get", "asked")
        and ast.unparse(call.func.value) in TOKENS
        for use in call.args
        if isinstance(use, ast.Name)
    }


def test_each_use_of_the_apps_token_has_a_caller() -> None:
    used = {
        name for folder in CALLERS for path in (REPOSITORY / folder).rglob("*.py") for name in uses_in(path)
    }
    declared = {name for name, value in vars(app_scopes).items() if isinstance(value, app_scopes.Use)}
    assert declared <= used
    assert {getattr(app_scopes, name) for name in declared} == set(app_scopes.USES)
