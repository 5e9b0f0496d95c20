"""Microsoft Graph, as another program of the tenant asks it, under the registration that Muster has."""

import json
import ssl

import httpx

from sandbox.company import read_company
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched


class Graph:
    """Does to chats what Muster does not."""

    def __init__(self, stack: Launched) -> None:
        self._folder = DataFolder(stack.output.parent / "data")
        self._ca: str = stack.ready["ca"]

    async def delete_chat(self, chat: str) -> None:
        """Take a chat away from everybody."""
        port = json.loads(self._folder.ports.read_text())["now"]["token_port"]
        company, tls = read_company(self._folder.company), ssl.create_default_context(cafile=self._ca)
        async with httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{port}", verify=tls, trust_env=False
        ) as http:
            form = {
                "grant_type": "client_credentials",
                "client_id": company.bot_app_id,
                "client_secret": company.bot_app_secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            asked = await http.post(f"/{company.tenant_id}/oauth2/v2.0/token", data=form)
            token = asked.raise_for_status().json()["access_token"]
            answer = await http.delete(f"/v1.0/chats/{chat}", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 204, answer.text
