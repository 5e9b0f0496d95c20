"""What all processes share: settings, logging, sealing, store, clients, payloads, cards, the connection to Temporal.

The `muster` command, `muster.cli`, stands on top of them.
"""
