"""An account's webhook subscription: what the runs that need it call."""
