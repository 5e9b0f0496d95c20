"""Activities that read from PagerDuty and write to it.

Reads use the token of the account's app; changes use the token of the person who clicked.
"""
