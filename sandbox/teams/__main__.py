"""``python -m sandbox.teams``: run the Teams simulator."""

import argparse
import logging
from pathlib import Path

from sandbox.company import read_company
from sandbox.ports import read_ports
from sandbox.serving import Listener, run
from sandbox.snapshot import SnapshotError
from sandbox.teams.app import Options, TeamsSimulator


def main() -> None:
    """Read the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.teams", description=__doc__)
    parser.add_argument("--company", type=Path, required=True, help="the company file")
    parser.add_argument("--port", type=int, required=True, help="page, connector and /_sandbox (http)")
    parser.add_argument("--ca-dir", type=Path, required=True, help="folder of the key that signs tokens")
    parser.add_argument("--bot", required=True, help="the bot's messaging address")
    parser.add_argument("--state", type=Path, help="snapshot file; without it nothing is kept")
    parser.add_argument(
        "--ports", type=Path, help="the sandbox's ports; addresses in the snapshot follow them"
    )
    parser.add_argument("--temporal-ui", help="address that the page links to")
    parser.add_argument("--playground-port", type=int, help="where Microsoft's Agents Playground listens")
    arguments = parser.parse_args()

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = Options(
        port=arguments.port,
        folder=arguments.ca_dir,
        bot_url=arguments.bot,
        state_file=arguments.state,
        ports=read_ports(arguments.ports).now if arguments.ports is not None else {},
        temporal_ui=arguments.temporal_ui,
        playground_port=arguments.playground_port,
    )
    try:
        simulator = TeamsSimulator(read_company(arguments.company), options)
    except SnapshotError as error:
        parser.exit(1, f"{error}\n")
    run(simulator.asgi(), [Listener(options.port)], on_stop=simulator.end_streams)


if __name__ == "__main__":
    main()
