"""``python -m sandbox.microsoft``: run the Microsoft simulator."""

import argparse
import logging
from pathlib import Path

from sandbox.certificates import CertificatesError, https_listener
from sandbox.company import read_company
from sandbox.microsoft.app import MicrosoftSimulator, Options
from sandbox.ports import read_ports
from sandbox.serving import Listener, run
from sandbox.snapshot import SnapshotError


def main() -> None:
    """Read the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.microsoft", description=__doc__)
    parser.add_argument("--company", type=Path, required=True, help="the company file")
    parser.add_argument("--port", type=int, required=True, help="pages and /_sandbox (http, on localhost)")
    parser.add_argument("--tls-port", type=int, required=True, help="token endpoint and Graph (https)")
    parser.add_argument("--ca-dir", type=Path, required=True, help="folder of ca.pem and of the keys")
    parser.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        dest="redirect_uris",
        help="a redirect URI of the bot's registration, compared to the letter; may be given again",
    )
    parser.add_argument(
        "--consented", action="store_true", help="start with all permissions of the registration granted"
    )
    parser.add_argument(
        "--teams-url", help="the Teams simulator, which answers Graph's calls about chats and meetings"
    )
    parser.add_argument("--state", type=Path, help="snapshot file; without it nothing is kept")
    parser.add_argument(
        "--ports", type=Path, help="the sandbox's ports; addresses in the snapshot follow them"
    )
    arguments = parser.parse_args()

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = Options(
        port=arguments.port,
        tls_port=arguments.tls_port,
        folder=arguments.ca_dir,
        redirect_uris=tuple(arguments.redirect_uris),
        consented=arguments.consented,
        teams_url=arguments.teams_url,
        state_file=arguments.state,
        ports=read_ports(arguments.ports).now if arguments.ports is not None else {},
    )
    try:
        simulator = MicrosoftSimulator(read_company(arguments.company), options)
        listeners = [Listener(options.port), https_listener(options.tls_port, options.folder, "microsoft")]
    except (SnapshotError, CertificatesError) as error:
        parser.exit(1, f"{error}\n")
    run(simulator.asgi(), listeners)


if __name__ == "__main__":
    main()
