"""Scopes in the words of the consent page."""

_TEXTS = {"incident_workflows:instances.write": "Start incident workflows"}
_VERBS = {"read": "See", "write": "Create and change"}


def scope_text(scope: str) -> str:
    """``incidents.read`` as *See incidents*; a scope of another form as it is."""
    if scope in _TEXTS:
        return _TEXTS[scope]
    things, _, verb = scope.rpartition(".")
    if verb not in _VERBS or not things:
        return scope
    return f"{_VERBS[verb]} {things.replace('_', ' ').replace(':', ', ')}"
