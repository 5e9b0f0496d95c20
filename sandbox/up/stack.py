"""The whole stack: which parts run, in which order, and which addresses each gets."""

import os

from sandbox.company import Company
from sandbox.up.addresses import PORTS, Addresses
from sandbox.up.configured_places import configured_places
from sandbox.up.credentials_check import check_credentials
from sandbox.up.environment import product_environment
from sandbox.up.kept_ports import take_ports
from sandbox.up.options import Options
from sandbox.up.pages.overview import Overview
from sandbox.up.pages.start_page import StartPage, build_start_page
from sandbox.up.pages.terminal import Terminal
from sandbox.up.product import local_environment, sandbox_environment, write_config, write_seed
from sandbox.up.servers.data_folder import DataFolder, DataFolderError
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from sandbox.up.supervision import parts
from sandbox.up.supervision.parts import Part, answers_http, muster_command
from sandbox.up.supervision.playground import agents_playground, channels_in_playground
from sandbox.up.supervision.process import Process, StartFailed
from sandbox.up.supervision.ready_file import ReadyFile, company_entries, product_entries
from sandbox.up.supervision.supervisor import Supervisor

_DATABASE = "muster"
_GIVEN_BY = {"Postgres": "DATABASE_URL", "Temporal": "TEMPORAL_ADDRESS"}


class Stack:
    """All parts of one `muster up`.

    The environment can replace embedded parts: ``DATABASE_URL`` names a database, ``TEMPORAL_ADDRESS`` a
    server. With ``Options.real`` no simulator is started.
    """

    def __init__(self, options: Options, folder: DataFolder, terminal: Terminal) -> None:
        self._options = options
        self._folder = folder
        self._terminal = terminal
        self._given = product_environment(options.shell)
        self._addresses = self._take_addresses()
        self._env = self._given | local_environment(folder, self._addresses, self._given)
        self._company = self._open_company()
        self._overview = Overview(
            options=options,
            folder=folder,
            addresses=self._addresses,
            company=self._company,
            public_url=self._env["MUSTER_PUBLIC_URL"],
        )
        self._ready_file = ReadyFile(options.ready_file)
        self._supervisor = Supervisor(
            terminal.report, lambda: self._ready_file.update(self._supervisor.pids())
        )
        self._start_page: StartPage | None = None

    def start(self) -> None:
        """Start all parts and return when they answer; raises StartFailed, StartRefused or OSError."""
        given = [name for name, variable in _GIVEN_BY.items() if variable in self._given]
        self._terminal.report("stack", self._overview.composition(given=given))
        self._start_servers()
        self._folder.write_secrets(
            database_url=self._secret("DATABASE_URL"), keys=self._secret("MUSTER_KEYS")
        )
        self._folder.write_temporal_ui(self._overview.temporal_ui)
        self._run("migrate")
        if self._options.real is not None:
            self._check_credentials()
        if self._company is not None:
            self._start_simulators(self._company)
        self._supervisor.start(
            parts.api(self._folder, self._addresses, self._env),
            parts.worker(self._folder, self._addresses, self._env),
        )
        self._open_start_page()
        self._announce()

    def stop(self) -> None:
        """Stop all parts in order, each within its time."""
        self._ready_file.remove()
        if self._start_page is not None:
            self._start_page.stop()
        self._supervisor.stop()

    def kill(self) -> None:
        """Kill all parts."""
        self._supervisor.kill()

    def _secret(self, variable: str) -> str | None:
        """What other commands must be told, which find what is in the shell's environment by themselves."""
        return None if os.environ.get(variable, "").strip() else self._env[variable]

    def _take_addresses(self) -> Addresses:
        """The folder's usual ports where they are free; the terminal tells which are not."""
        replaced = {
            "postgres": "DATABASE_URL" in self._given,
            "temporal": "TEMPORAL_ADDRESS" in self._given,
            "teams": self._options.real is not None,
            "microsoft": self._options.real is not None,
            "pagerduty": self._options.real is not None,
            "playground": not self._options.playground,
        }
        ours = {port.part for port in PORTS.values() if not replaced.get(port.part)}
        addresses, taken = take_ports(
            self._folder.ports,
            ours,
            well_known=not self._options.any_ports,
            configured=configured_places(self._options),
        )
        for one in taken:
            self._terminal.report(one.part, str(one))
        return addresses

    def _open_company(self) -> Company | None:
        if self._options.real is not None:
            if self._options.playground or self._options.empty:
                raise DataFolderError(
                    "MUSTER_CONFIG is set: --playground and --empty belong to the simulators"
                )
            return None
        return self._folder.open_company(connected=not self._options.empty)

    def _start_servers(self) -> None:
        """Start Postgres and Temporal, unless the environment names them."""
        servers: list[Part] = []
        postgres = temporal = None
        if "DATABASE_URL" not in self._given:
            postgres = EmbeddedPostgres(self._folder.postgres, port=self._addresses.postgres_port)
            postgres.prepare()
            servers.append(parts.postgres(self._folder, postgres))
        if "TEMPORAL_ADDRESS" not in self._given:
            temporal = EmbeddedTemporal(
                log=self._folder.log("temporal"),
                database=self._folder.temporal_store,
                port=self._addresses.temporal_port,
                ui_port=self._addresses.temporal_ui_port,
                dynamic=self._options.temporal_dynamic,
            )
            servers.append(parts.temporal(self._folder, temporal))
        self._supervisor.start(*servers)
        if postgres is not None:
            self._env["DATABASE_URL"] = postgres.create_database(_DATABASE)
        if temporal is not None:
            self._env["TEMPORAL_ADDRESS"] = temporal.address
            self._overview.temporal_ui = temporal.ui_url

    def _check_credentials(self) -> None:
        problems = check_credentials(self._folder.log("check"), self._env, self._terminal.report)
        for problem in problems:
            self._terminal.print_failure(problem)
        self._overview.problems = problems

    def _start_simulators(self, company: Company) -> None:
        self._env |= sandbox_environment(self._folder, self._addresses)
        write_config(self._folder, company, self._addresses)
        playground = self._options.playground
        elsewhere = channels_in_playground(company, self._addresses) if playground else {}
        if company.connections:
            write_seed(self._folder, company, self._addresses, elsewhere)
            self._run("seed", str(self._folder.seed))
        simulators = [
            parts.teams(self._folder, self._addresses, self._overview.temporal_ui, playground=playground),
            parts.microsoft(self._folder, self._addresses, company, self._env["MUSTER_PUBLIC_URL"]),
            parts.pagerduty(self._folder, self._addresses, company, self._env["MUSTER_PUBLIC_URL"]),
        ]
        if playground:
            simulators.append(agents_playground(self._folder, self._addresses, company))
        self._supervisor.start(*simulators)

    def _run(self, *arguments: str) -> None:
        """Run a command of the product to its end; raises StartFailed."""
        name = arguments[0]
        log = self._folder.log(name)
        process = Process(muster_command(*arguments), log=log, env=self._env)
        try:
            code = process.wait()
        finally:
            process.release()
        if code != 0:
            raise StartFailed(f"`muster {name}` ended with code {code} (log: {log})", log)
        self._terminal.report(name, "done")

    def _open_start_page(self) -> None:
        app = build_start_page(self._supervisor, self._overview.page_content(), self._folder.log)
        self._start_page = StartPage(app, self._addresses.start_port)
        self._start_page.start(lambda: answers_http(self._addresses.start_port, "/"))

    def _announce(self) -> None:
        entries = product_entries(
            self._addresses,
            temporal=self._env["TEMPORAL_ADDRESS"],
            temporal_ui=self._overview.temporal_ui,
            database_url=self._env["DATABASE_URL"],
        )
        if self._company is not None:
            entries |= company_entries(self._company, self._addresses, self._folder.ca)
        self._overview.print_to(self._terminal)
        self._ready_file.open(entries, self._supervisor.pids())
