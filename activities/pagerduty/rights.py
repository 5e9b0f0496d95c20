"""``pagerduty.read_rights``: what a person may do with a service, read as that person, each time anew."""

from collections.abc import Mapping

from activities.registration import implements
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.linked_people.rights_reader import RightsReader
from workflows.connect_channel.activities import READ_RIGHTS, ReadRights, RightsRead

_READ_SECONDS = 4.8
"""Less than the row's start-to-close limit: the attempt ends by its own error."""


class RightsActivities:
    """Asks PagerDuty who somebody is there, and what they see of a service."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        accounts: Mapping[str, PagerDutyAccount],
        person_tokens: PersonTokens,
    ) -> None:
        self._reader = RightsReader(pagerduty, accounts, person_tokens, within=_READ_SECONDS)

    @implements(READ_RIGHTS)
    async def read_rights(self, request: ReadRights) -> RightsRead:
        """What ``RightsReader`` reads; raises a ``Temporary`` where PagerDuty cannot tell now."""
        return await self._reader.read(link=request.link, account=request.account, service=request.service)
