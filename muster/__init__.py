"""What every process shares: settings, logging, keys, store, cards, facts, the Temporal connection."""
