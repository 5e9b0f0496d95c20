"""The base of every message and state: a frozen value."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value. Unknown fields are ignored, so that an older worker reads a newer message."""

    model_config = ConfigDict(frozen=True, extra="ignore")
