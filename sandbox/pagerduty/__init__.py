"""A PagerDuty account to try things on: REST API, webhooks v3, app tokens, and a console for people.

It follows PagerDuty's own documents and schema; what is ours alone lives under ``/_sandbox`` (records,
faults, clock, reset) and ``/app`` (the console).
"""
