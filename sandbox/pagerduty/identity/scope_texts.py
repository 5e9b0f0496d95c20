"""Scopes in the words of the consent page."""

_VERBS = {"read": "See", "write": "Create and change"}


def scope_text(scope: str) -> str:
    """``incidents.read`` as *See incidents*; a scope of another form as it is."""
    things, _, verb = scope.rpartition(".")
    if verb not in _VERBS or not things:
        return scope
    return f"{_VERBS[verb]} {things.replace('_', ' ').replace(':', ', ')}"
