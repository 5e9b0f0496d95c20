"""The whole stack: which parts run, in which order, and what each is told about the others."""

import os

from sandbox.company import Company
from sandbox.up.addresses import Addresses
from sandbox.up.options import Options
from sandbox.up.pages.start_page import Place, StartPage, build_start_page, temporal_queries
from sandbox.up.pages.terminal import Terminal
from sandbox.up.product import local_environment, sandbox_environment, write_config, write_seed
from sandbox.up.servers.data_folder import DataFolder, DataFolderError
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from sandbox.up.supervision import parts
from sandbox.up.supervision.parts import Part, answers_http, muster_command
from sandbox.up.supervision.playground import agents_playground, channels_in_playground
from sandbox.up.supervision.process import Process, StartFailed
from sandbox.up.supervision.ready_file import ReadyFile, company_facts, product_facts
from sandbox.up.supervision.supervisor import Supervisor

_DATABASE = "muster"


class Stack:
    """Every part of one `muster up`.

    What the environment names already is used in place of the embedded part: ``DATABASE_URL``,
    ``TEMPORAL_ADDRESS``, and ``MUSTER_CONFIG``, which stands for real registrations and accounts and so
    leaves the simulators out.
    """

    def __init__(self, options: Options, folder: DataFolder, terminal: Terminal) -> None:
        self._options = options
        self._folder = folder
        self._terminal = terminal
        self._addresses = Addresses.pick(usual=not options.any_ports)
        self._env = os.environ | local_environment(folder, self._addresses, os.environ)
        self._company = self._open_company()
        self._temporal_ui: str | None = None
        self._ready_file = ReadyFile(options.ready_file)
        self._supervisor = Supervisor(terminal.tell, lambda: self._ready_file.update(self._supervisor.pids()))
        self._start_page: StartPage | None = None

    def start(self) -> None:
        """Start everything and return when it answers; raises StartFailed."""
        self._start_servers()
        self._run("migrate")
        if self._company is not None:
            self._start_simulators(self._company)
        self._supervisor.start(
            parts.api(self._folder, self._addresses, self._env),
            parts.worker(self._folder, self._addresses, self._env),
        )
        self._open_start_page()
        self._announce()

    def stop(self) -> None:
        """Stop everything in order, each part within its time."""
        self._ready_file.remove()
        if self._start_page is not None:
            self._start_page.stop()
        self._supervisor.stop()

    def kill(self) -> None:
        """Stop everything at once."""
        self._supervisor.kill()

    def _open_company(self) -> Company | None:
        if self._env.get("MUSTER_CONFIG"):
            if self._options.playground or self._options.empty:
                raise DataFolderError(
                    "MUSTER_CONFIG is set: --playground and --empty belong to the simulators"
                )
            return None
        return self._folder.open_company(connected=not self._options.empty)

    def _start_servers(self) -> None:
        """Postgres and Temporal, where none is given."""
        servers: list[Part] = []
        postgres = temporal = None
        if not self._env.get("DATABASE_URL"):
            postgres = EmbeddedPostgres(self._folder.postgres, port=self._addresses.postgres_port)
            postgres.prepare()
            servers.append(parts.postgres(self._folder, postgres))
        if not self._env.get("TEMPORAL_ADDRESS"):
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
            self._temporal_ui = temporal.ui_url

    def _start_simulators(self, company: Company) -> None:
        self._env |= sandbox_environment(self._folder, self._addresses)
        write_config(self._folder, company, self._addresses)
        playground = self._options.playground
        elsewhere = channels_in_playground(company, self._addresses) if playground else {}
        write_seed(self._folder, company, self._addresses, elsewhere)
        self._run("seed", str(self._folder.seed))
        simulators = [
            parts.teams(self._folder, self._addresses, self._temporal_ui, playground=playground),
            parts.pagerduty(self._folder, self._addresses, company),
        ]
        if playground:
            simulators.append(agents_playground(self._folder, self._addresses, company))
        self._supervisor.start(*simulators)

    def _run(self, *arguments: str) -> None:
        """Run one of the product's commands to its end; raises StartFailed."""
        name = arguments[0]
        log = self._folder.log(name)
        process = Process(muster_command(*arguments), log=log, env=self._env)
        try:
            code = process.wait()
        finally:
            process.release()
        if code != 0:
            raise StartFailed(f"`muster {name}` ended with code {code} (log: {log})", log)
        self._terminal.tell(name, "done")

    def _open_start_page(self) -> None:
        queries = temporal_queries(self._temporal_ui, self._options.queries) if self._temporal_ui else []
        app = build_start_page(self._supervisor, self._places(), queries, self._folder.path)
        self._start_page = StartPage(app, self._addresses.start_port)
        self._start_page.start(lambda: answers_http(self._addresses.start_port, "/"))

    def _announce(self) -> None:
        facts = product_facts(
            self._addresses,
            temporal=self._env["TEMPORAL_ADDRESS"],
            temporal_ui=self._temporal_ui,
            database_url=self._env["DATABASE_URL"],
        )
        if self._company is not None:
            facts |= company_facts(self._company, self._addresses)
        self._ready_file.open(facts, self._supervisor.pids())
        start = Place("Start page", "what runs, and switches to stop a part", self._addresses.start)
        self._terminal.welcome([start, *self._places()])

    def _places(self) -> list[Place]:
        places: list[Place] = []
        if self._company is not None:
            places += [
                Place("Teams", "channels and chats, as any of the people", self._addresses.teams),
                Place("PagerDuty", "trigger incidents and see them", self._addresses.pagerduty),
            ]
        if self._options.playground:
            says = "Microsoft's test client; the first team lives there"
            places.append(Place("Agents Playground", says, self._addresses.playground))
        if self._temporal_ui is not None:
            places.append(Place("Temporal", "each incident's workflow and timeline", self._temporal_ui))
        return places
