"""The only place that builds HTTP requests to PagerDuty, Entra and the Bot Connector.

A call is made once: whether and when it is repeated is the caller's business (a reconciler, Temporal),
and the type of its failure from ``workflows.errors`` is all the caller needs to decide.
"""
