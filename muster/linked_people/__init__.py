"""People who linked their accounts: their tokens, the ends of their links, and what they may do at PagerDuty.

A worker and an API hand out tokens alike. Each gives its own way to workflows (``signals``).
"""
