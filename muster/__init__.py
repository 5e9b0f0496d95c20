"""What all processes share.

Settings, logging, sealing, store, clients, payloads, cards, the connection to Temporal. The `muster`
command (`muster.cli`) stands on top of them.
"""
