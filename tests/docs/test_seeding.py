"""docs/seeding.md and its example against the model that ``muster seed`` reads."""

import re
from typing import get_args

import pytest
from pydantic import BaseModel

from muster.seed import Seed, read_seed, seed
from tests.docs.checkout import REPOSITORY
from tests.support.settings import settings_for

EXAMPLE = REPOSITORY / "docs/example-seed.json"
PAGE = (REPOSITORY / "docs/seeding.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| .* \| (`.*`) \|$", re.MULTILINE)


def row_model(name: str) -> type[BaseModel]:
    """The model of a list's rows."""
    model: type[BaseModel] = get_args(Seed.model_fields[name].annotation)[0]
    assert issubclass(model, BaseModel)
    return model


def test_the_example_has_a_row_in_every_list() -> None:
    content = read_seed(EXAMPLE)
    counted = {name: len(getattr(content, name)) for name in Seed.model_fields}
    assert counted == dict.fromkeys(Seed.model_fields, 1)


@pytest.mark.anyio
async def test_the_database_takes_the_example(database_url: str) -> None:
    await seed(settings_for(database_url, "127.0.0.1:1"), read_seed(EXAMPLE))


def test_every_list_is_told_with_its_keys() -> None:
    told = {name: re.findall(r"`(\w+)`", keys) for name, keys in ROW.findall(PAGE)}
    assert told == {name: list(row_model(name).model_fields) for name in Seed.model_fields}
