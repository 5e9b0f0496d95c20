"""``ChannelIncident``: one PagerDuty incident in one Teams conversation, and its one card."""
