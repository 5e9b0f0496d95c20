"""``Upkeep``: the daily care for the links of one PagerDuty account."""
