"""One id from the webhook to the connector's call: by it an operator follows an event through the logs."""


import pytest

pytestmark = pytest.mark.anyio
