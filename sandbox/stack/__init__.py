"""The embedded stack: Postgres, Temporal, the simulators and the product's own processes, supervised.

:class:`EmbeddedPostgres` and :class:`EmbeddedTemporal` stand alone and are what tests start;
``muster up`` (:mod:`sandbox.stack.up`) supervises the same two with everything else.
"""

from sandbox.stack.postgres import EmbeddedPostgres
from sandbox.stack.temporal import EmbeddedTemporal

__all__ = ["EmbeddedPostgres", "EmbeddedTemporal"]
