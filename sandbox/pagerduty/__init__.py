"""The PagerDuty simulator: one account with REST API, webhooks v3, app tokens, and a console for people.

It follows PagerDuty's documents and schema. Two things are not PagerDuty's: the calls under ``/_sandbox``
(records, faults, clock, reset), and the console under ``/app``.
"""
