"""What is asked of PagerDuty and told to it.

Reads are the account's app's, changes are the person's who pressed.
"""
