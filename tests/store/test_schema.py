"""``muster/store/schema.sql`` is what the migrations make of an empty database: a review sees the result.

``MUSTER_SCHEMA_WRITE=1 pytest tests/store/test_schema.py`` writes it; review the diff.
"""

import os
import re
from pathlib import Path

from muster.store import migrate
from sandbox.up.servers.postgres import EmbeddedPostgres

SCHEMA = Path(migrate.__file__).with_name("schema.sql")
COMMAND = "MUSTER_SCHEMA_WRITE=1 pytest tests/store/test_schema.py"
HEAD = f"-- What the migrations make of an empty database. Generated: {COMMAND}\n"


def test_the_schema_file_is_current(postgres: EmbeddedPostgres, migrated: str) -> None:
    schema = HEAD + without_noise(postgres.dump_schema(migrated, without="schema_migrations"))
    if os.environ.get("MUSTER_SCHEMA_WRITE"):
        SCHEMA.write_text(schema)
    assert SCHEMA.read_text() == schema, f"not current: {COMMAND}"


def without_noise(dump: str) -> str:
    """The statements that define something; comments, settings and psql's commands differ by version."""
    statements = re.sub(r"^(?:--|\\|SET |SELECT pg_catalog).*\n", "", dump, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", f"\n{statements.strip()}\n").replace("public.", "")
