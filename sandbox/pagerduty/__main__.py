"""``python -m sandbox.pagerduty``: run the PagerDuty simulator."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sandbox.certificates import CertificatesError, https_listener
from sandbox.company import read_company
from sandbox.pagerduty.app import build_app
from sandbox.pagerduty.simulator import Options
from sandbox.ports import read_ports
from sandbox.serving import Listener, run
from sandbox.snapshot import SnapshotError


def main(
    company: Annotated[Path, typer.Option(help="The company file.", exists=True, dir_okay=False)],
    port: Annotated[int, typer.Option(help="Where to listen.")],
    host: Annotated[str, typer.Option(help="On which address to listen.")] = "127.0.0.1",
    tls_port: Annotated[
        int | None, typer.Option(help="Where to listen over TLS too, as PagerDuty's own client wants it.")
    ] = None,
    ca_dir: Annotated[
        Path | None, typer.Option(help="Folder of the ca.pem and keys of TLS and of ID tokens.")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Address in links; by default that of host and port.")
    ] = None,
    rest_url: Annotated[
        str | None, typer.Option(help="Address in REST's self links; by default the one in links.")
    ] = None,
    identity_url: Annotated[
        str | None, typer.Option(help="Address of the identity host; by default that of localhost.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="A redirect URI of the account's app; can be repeated.")
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(help="Receiver of the account's first subscription.")
    ] = None,
    muster_url: Annotated[
        str | None, typer.Option(help="Where workflows reach Muster's API, with the company's token for it.")
    ] = None,
    subscribe: Annotated[
        bool, typer.Option(help="Whether the account starts with that subscription.")
    ] = True,
    state: Annotated[Path | None, typer.Option(help="Snapshot file; without it, memory only.")] = None,
    ports: Annotated[
        Path | None, typer.Option(help="The sandbox's ports: addresses in the snapshot follow them.")
    ] = None,
    requests_per_minute: Annotated[int, typer.Option(help="Rate limit of each credential.")] = 960,
) -> None:
    """Simulate a PagerDuty account: REST API, webhooks, sign-in and tokens, and a console under /app."""
    if subscribe and webhook_url is None:
        raise typer.BadParameter("needs --webhook-url, or --no-subscribe", param_hint="--subscribe")
    listeners = [Listener(port, host)]
    if tls_port is not None:
        if ca_dir is None:
            raise typer.BadParameter("needs --ca-dir", param_hint="--tls-port")
        try:
            listeners.append(https_listener(tls_port, ca_dir, "pagerduty"))
        except CertificatesError as error:
            _end(error)
    options = Options(
        public_url=public_url or f"http://{host}:{port}",
        rest_url=rest_url,
        identity_url=identity_url or f"http://localhost:{port}",
        redirect_uris=tuple(redirect_uri or ()),
        keys=ca_dir,
        webhook_url=webhook_url if subscribe else None,
        muster_url=muster_url,
        state=state,
        ports=read_ports(ports).now if ports is not None else {},
        requests_per_minute=requests_per_minute,
    )
    try:
        app = build_app(read_company(company), options)
    except SnapshotError as error:
        _end(error)
    run(app, listeners, on_stop=app.state.simulator.server_sent_events.close)


def _end(error: Exception) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
