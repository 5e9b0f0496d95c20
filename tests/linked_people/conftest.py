"""People's tokens as a worker has them; the simulators and the company are those of the activities' tests."""

from tests.activities.conftest import accounts as accounts
from tests.activities.conftest import http as http
from tests.activities.conftest import pagerduty_side as pagerduty_side
from tests.activities.conftest import pagerduty_simulator as pagerduty_simulator
from tests.activities.conftest import person_tokens as person_tokens
from tests.activities.conftest import pool as pool
from tests.activities.conftest import signals as signals
from tests.activities.conftest import teams_simulator as teams_simulator
