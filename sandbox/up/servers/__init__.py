"""Postgres and Temporal as child processes, and the ports and folders they use.

:class:`EmbeddedPostgres` and :class:`EmbeddedTemporal` stand alone: tests start them without the rest of
`muster up`.
"""

from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal

__all__ = ["EmbeddedPostgres", "EmbeddedTemporal"]
