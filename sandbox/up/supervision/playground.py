"""Microsoft's Agents Playground as a part: a Teams client by Microsoft.

It starts only on demand, since its licence is for evaluation. It sends no tokens; the Teams simulator adds
them on the way to the product.
"""

import shutil

from sandbox.company import Company, Team
from sandbox.teams.playground import CONFIG_FILE, PREFIX, SERVICE_PATH, playground_config
from sandbox.teams.roster import Roster
from sandbox.up.addresses import Addresses
from sandbox.up.servers.caches import npm_dir
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.parts import Part, answers_http
from sandbox.up.supervision.process import StartFailed

_SHOWN_CHANNELS = 2
"""The Playground shows General and one more channel."""


def channels_in_playground(company: Company, addresses: Addresses) -> dict[str, str]:
    """The service URL of each channel that the Playground shows instead of the simulator's page."""
    service_url = f"{addresses.teams}{SERVICE_PATH}/"
    return {channel.id: service_url for channel in _team(company).channels[:_SHOWN_CHANNELS]}


def agents_playground(folder: DataFolder, addresses: Addresses, company: Company) -> Part:
    """The Playground for the company's first person and first team; raises StartFailed if not installed."""
    executable = npm_dir("playground") / "node_modules" / ".bin" / "agentsplayground"
    if not executable.exists():
        raise StartFailed("the Agents Playground is not installed: `make playground` installs and starts it")
    place = folder.path / "playground"
    # Remove its log and its state of an earlier run, which would contradict the simulator.
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / CONFIG_FILE).write_text(playground_config(Roster(company), company.people[0], _team(company)))
    return Part(
        name="playground",
        command=(
            str(executable), "-e", f"{addresses.teams}{PREFIX}/api/messages",
            "--service-url", f"{addresses.teams}{SERVICE_PATH}", "-c", "msteams",
            "-p", str(addresses.playground_port), "--disable-telemetry",
        ),
        log=folder.log("playground"),
        cwd=place,
        answers=lambda: answers_http(addresses.playground_port, "/", host="localhost"),
        address=addresses.playground,
    )  # fmt: skip


def _team(company: Company) -> Team:
    return company.teams[0]
