"""From PagerDuty's webhook or REST bodies to facts: the one place that knows both shapes.

Tolerant in what it reads (fields that are missing, null where samples show objects, numbers where
samples show strings, fields nobody knows) and strict in what it hands on: every text and every list is
clipped, so that an event's facts stay below 8 KB.
"""
