"""From the bodies of PagerDuty's webhooks and REST API to events and details.

No other code knows these bodies. What is read may lack fields, hold null where samples show objects and
numbers where they show texts, and have fields that nobody knows. A field that cannot be used costs its own
fact alone. What is handed on is bounded: every text and every list is clipped, and an address is whole or not
there. So an ``IncidentEvent`` stays below 24 KB.
"""
