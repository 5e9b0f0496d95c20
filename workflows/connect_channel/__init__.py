"""``ConnectChannel``: a service's incidents come to a conversation, or come no more."""
