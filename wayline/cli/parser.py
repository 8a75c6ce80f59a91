"""What the command line understands. Imports nothing else of the product, so that help is instant."""

import argparse

DESCRIPTION = """Wayline: journey maps bound to what customers really did and said.

Every command reads its settings from the environment (docs/operating/settings.md); WAYLINE_DATA_DIR says
where the embedded databases lie. While a server runs on the same data directory, commands that need the
signals ask that server; otherwise they open the databases themselves."""


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wayline", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    from wayline import __version__

    parser.add_argument("--version", action="version", version=f"wayline {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    starting, asking = (
        (_init, _serve, _worker, _demo),
        (_import, _export, _import_workspace, _answer, _flow, _journeys),
    )
    for add in (*starting, *asking, _sql, _snapshot, _createuser, _backup, _restore, _warehouse, _doctor):
        add(commands)
    return parser


def _command(commands, name: str, run: str, help: str, description: str = "") -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=help,
        description=description or help,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def _workspace(command) -> None:
    command.add_argument(
        "--workspace", "-w", metavar="SLUG", help="the workspace; may be left out when there is only one"
    )


def _address(command) -> None:
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", type=_port, default=8400, help="port to listen on (default: 8400)")


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"“{text}” is not a port; choose one from 1 to 65535")


def _customers(text: str) -> int:
    if text.isdigit() and int(text) >= 200:
        return int(text)
    raise argparse.ArgumentTypeError(f"“{text}” is too small or no number; fewer than 200 would show nothing")


def _init(commands) -> None:
    _command(
        commands,
        "init",
        "preparing:init",
        "create or upgrade the databases",
        "Create the databases, or bring an earlier version's up to date, and collect the static files.\n"
        "May be run again at any time.",
    )


def _serve(commands) -> None:
    command = _command(
        commands,
        "serve",
        "serving:serve",
        "serve pages, API and signal intake",
        "Serve pages, the HTTP API and signal intake, and do the work in the background.\n"
        "Put a proxy with TLS before it to be reached from elsewhere (docs/operating/install.md).",
    )
    _address(command)


def _worker(commands) -> None:
    _command(
        commands,
        "worker",
        "working:work",
        "load signals and work off tasks, without pages",
        "Do the work in the background in a process of its own. Start as many as wanted beside servers that\n"
        "have WAYLINE_BACKGROUND=0; needs PostgreSQL, and ClickHouse or Spark for signals.",
    )


def _demo(commands) -> None:
    command = _command(
        commands,
        "demo",
        "demo:demo",
        "load the demo company and serve it",
        "Create the databases and the invented company Northwind Cloud unless they are there, then serve.\n"
        "A second start keeps the data and takes seconds.",
    )
    _address(command)
    command.add_argument(
        "--customers",
        type=_customers,
        default=20_000,
        metavar="N",
        help="size of the company, 200 or more (default: 20000)",
    )
    command.add_argument("--no-serve", action="store_true", help="load only")
    command.add_argument(
        "--reset",
        action="store_true",
        help="delete the data directory's databases first; asks before it does",
    )
    command.add_argument("--yes", action="store_true", help="do not ask before --reset deletes")


def _import(commands) -> None:
    command = _command(
        commands,
        "import",
        "files:import_file",
        "import a file of signals, customers or feedback",
        "Import CSV, JSON lines, Parquet or XES through a mapping (docs/guide/imports.md).\n"
        "An interrupted import goes on where it stopped; the same file imported twice adds nothing.",
    )
    command.add_argument("file", metavar="FILE")
    command.add_argument("--mapping", "-m", metavar="YAML", help="the mapping file; see examples/")
    _workspace(command)
    how = command.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="show what would happen, and every rejected row")
    how.add_argument("--suggest", action="store_true", help="print a mapping proposed from the file")


def _export(commands) -> None:
    command = _command(
        commands,
        "export",
        "files:export",
        "write a workspace to a directory or zip of open files",
        "Write everything of a workspace: signals and customers as Parquet, every other row as JSON lines,\n"
        "files, and a manifest with checksums. wayline import-workspace puts it into an empty workspace.\n"
        "--format jsonl or csv writes customers, signals and journeys alone.",
    )
    command.add_argument(
        "directory", metavar="TARGET", help="a directory, created when missing, or a name ending in .zip"
    )
    _workspace(command)
    command.add_argument(
        "--format", choices=["complete", "jsonl", "csv"], default="complete", help="default: complete"
    )


def _import_workspace(commands) -> None:
    command = _command(
        commands,
        "import-workspace",
        "workspaces:import_workspace",
        "put a complete export into an empty workspace",
        "Put what wayline export or the page Exports wrote into an empty workspace. Checksums and counts\n"
        "are compared first; when anything is wrong, nothing is left behind.",
    )
    command.add_argument("source", metavar="SOURCE", help="the directory or zip of the export")
    command.add_argument(
        "--workspace",
        "-w",
        metavar="SLUG",
        help="created when missing (default: the name it had)",
    )


def _period(command) -> None:
    command.add_argument(
        "--period",
        default="90d",
        metavar="PERIOD",
        help="the last days, as in 30d; 2026-01-01..2026-03-31, both included; or all (default: 90d)",
    )


def _segment(command) -> None:
    command.add_argument(
        "--segment",
        default="",
        metavar="WHO",
        help="a saved segment's name, or a line such as: plan is pro and seats over 10",
    )


def _window(text: str) -> int | None:
    """Days, or None for no limit."""
    if text == "none":
        return None
    days = text.removesuffix("d")
    if days.isdecimal() and 0 < int(days) <= 3650:
        return int(days)
    raise argparse.ArgumentTypeError(f"“{text}” is not a window; write days, as in 30d, or none")


def _answer(commands) -> None:
    command = _command(
        commands,
        "answer",
        "numbers:answer",
        "answer a metric with its n and interval",
        "Answer a metric as its page does: value, interval, n, and the change against the period before.",
    )
    command.add_argument("metric", metavar="METRIC", help="the metric's slug, such as nps or csat_mean")
    _workspace(command)
    command.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="DIMENSION",
        help="week, month, channel, property:<name>, trait:<name> and others; may be repeated",
    )
    _period(command)
    _segment(command)
    command.add_argument("--json", action="store_true", help="print the answer as JSON")


def _flow(commands) -> None:
    command = _command(
        commands,
        "flow",
        "numbers:flow",
        "answer a journey, step by step",
        "Answer a journey as its map does: entered, completed, dropped, time and feeling of every step.",
    )
    command.add_argument("journey", metavar="JOURNEY", help="the journey's id, or its title")
    _workspace(command)
    _period(command)
    _segment(command)
    command.add_argument(
        "--window",
        type=_window,
        default=argparse.SUPPRESS,
        metavar="DAYS",
        help="how long an attempt may take, as in 30d; or none (default: the journey's own)",
    )
    command.add_argument(
        "--start", choices=["any", "first"], help="which starts count (default: the journey's own)"
    )
    command.add_argument("--json", action="store_true", help="print the answer as JSON")


def _journeys(commands) -> None:
    """Two commands below one word."""
    journeys = commands.add_parser(
        "journeys",
        help="keep maps in a git repository",
        description="Journeys as code: maps as YAML files that a repository shows small differences of.",
    )
    below = journeys.add_subparsers(title="commands", metavar="COMMAND", required=True)
    pull = _command(
        below,
        "pull",
        "maps:pull",
        "write every map to a directory as YAML",
        "Write every map of a workspace to a directory, one YAML file each, and note in wayline.lock what\n"
        "was written. A file changed since the last pull is never overwritten without --force.",
    )
    push = _command(
        below,
        "push",
        "maps:push",
        "make the maps what the files say",
        "Make the maps of a workspace what the YAML files of a directory say; a file that wayline.lock does\n"
        "not know becomes a new journey. Refused for a map that has changed since it was pulled.",
    )
    for command in (pull, push):
        command.add_argument("directory", metavar="DIRECTORY")
        _workspace(command)
    pull.add_argument("--force", action="store_true", help="overwrite files that were changed here")
    push.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def _createuser(commands) -> None:
    command = _command(
        commands,
        "createuser",
        "preparing:createuser",
        "create a person who can sign in",
        "Create a user, and let them into a workspace. The password is asked for, or read from the\n"
        "first line of the standard input when that is not a terminal.",
    )
    command.add_argument("email", metavar="EMAIL")
    command.add_argument("--name", default="", help="the person's name")
    command.add_argument(
        "--workspace", "-w", metavar="SLUG", help="join this workspace; it is created when there is none"
    )
    command.add_argument(
        "--role",
        choices=["viewer", "contributor", "manager", "owner"],
        default="owner",
        help="default: owner",
    )


def _doctor(commands) -> None:
    _command(
        commands,
        "doctor",
        "doctor:doctor",
        "say what is wrong with this set-up",
        "Check Python, SQLite, the data directory, the disk, the databases, the warehouse, the journal and\n"
        "the server. The exit code is 1 when something is wrong.",
    )


def _sql(commands) -> None:
    command = _command(
        commands,
        "sql",
        "analysts:sql",
        "ask a question in SQL, read only",
        "Answer one SELECT on a snapshot of one workspace (docs/guide/exports.md lists its tables).\n"
        "Personal data is masked; a running server goes on.",
    )
    command.add_argument("sql", metavar="SELECT", nargs="?", help="the question; or --file")
    command.add_argument("--file", metavar="SQL", help="a file with the question")
    _workspace(command)
    command.add_argument(
        "--format", choices=["table", "csv", "json", "parquet"], default="table", help="default: table"
    )
    command.add_argument("--output", "-o", metavar="FILE", help="where to write (needed for parquet)")
    command.add_argument("--rows", type=int, default=10_000, help="at most so many (default: 10000)")
    command.add_argument("--seconds", type=float, default=30, help="stop after so long (default: 30)")
    command.add_argument("--clear", action="store_true", help="personal data as it is")


def _snapshot(commands) -> None:
    command = _command(
        commands,
        "snapshot",
        "analysts:snapshot",
        "write a workspace to a DuckDB file for analysts",
        "Write one workspace's signals, customers, journeys and segments to a DuckDB file that any tool can\n"
        "open. Personal data is masked. The file is yours: erasing somebody does not reach it.",
    )
    command.add_argument("target", metavar="TO", help="a file that is not there yet")
    _workspace(command)
    command.add_argument("--clear", action="store_true", help="personal data as it is")


def _backup(commands) -> None:
    command = _command(
        commands,
        "backup",
        "backups:backup",
        "copy the whole installation while it runs",
        "Copy databases, journal, signals, stored files and keys into an empty directory, with checksums.\n"
        "A running server goes on; never copy its files yourself (docs/operating/backup.md).",
    )
    command.add_argument("directory", metavar="TO", help="created when missing; must be empty")


def _restore(commands) -> None:
    command = _command(
        commands,
        "restore",
        "backups:restore",
        "put a backup into an empty data directory",
        "Check every file of a backup, put it into the empty directory that WAYLINE_DATA_DIR names, erase\n"
        "again who was erased since, and load what the journal has more than the warehouse.",
    )
    command.add_argument("directory", metavar="FROM", help="what wayline backup wrote")
    command.add_argument("--check", action="store_true", help="only say whether the backup is whole")


def _warehouse(commands) -> None:
    group = commands.add_parser("warehouse", help="move the signals to another engine")
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    command = _command(
        actions,
        "move",
        "engines:move",
        "copy all signals to another engine and compare",
        "Copy every signal and customer to another engine, compare both sides, and say which setting to\n"
        "change (docs/operating/engines.md). Stop the server before. A move that was cut off goes on.",
    )
    command.add_argument("--to", required=True, metavar="URL", help="the empty engine to move to")
