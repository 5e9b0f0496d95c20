"""The app package and the access policy of one registration are those stored in ``package/``.

``make golden`` writes them; review the diff.
"""

import hashlib
import json
from pathlib import Path

import pytest

from muster.app_package.archive import package
from muster.app_package.manifest import app_manifest
from muster.cards.access_policy import access_policy_commands
from muster.config_file import TeamsRegistration
from tests.golden.stored import check_text_is_stored

STORED = Path(__file__).parent / "package"
REGISTRATION = TeamsRegistration.model_validate(
    {
        "tenant": "8f0c1f5e-0000-4000-8000-000000000001",
        "app_id": "8f0c1f5e-0000-4000-8000-0000000000aa",
        "app_secret": "not used here",
        "name": "Muster",
    }
)


def drawn() -> dict[str, str]:
    manifest = app_manifest(REGISTRATION, public_url="https://muster.example", version="1.2.3")
    return {
        "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=2) + "\n",
        "muster.zip.sha256": hashlib.sha256(package(manifest)).hexdigest() + "\n",
        "access-policy.ps1": access_policy_commands(
            name=REGISTRATION.name, tenant=REGISTRATION.tenant, app_id=REGISTRATION.app_id, cloud="public"
        ),
    }


@pytest.mark.parametrize("name", ["manifest.json", "muster.zip.sha256", "access-policy.ps1"])
def test_what_is_written_is_what_is_stored(name: str) -> None:
    check_text_is_stored(drawn()[name], STORED / name)


def test_everything_that_is_stored_is_compared() -> None:
    assert {path.name for path in STORED.iterdir()} == set(drawn())
