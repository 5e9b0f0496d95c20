"""`muster up`: the whole product with its servers and the simulators, on one machine.

``servers`` runs Postgres and Temporal, ``supervision`` keeps every process running, ``pages`` shows it to
people. :class:`sandbox.up.stack.Stack` puts them together.
"""
