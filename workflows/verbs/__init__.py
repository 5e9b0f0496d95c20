"""What a responder can do to an incident: one module a verb, found by the registry."""
