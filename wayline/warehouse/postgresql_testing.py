"""A real PostgreSQL cluster on this machine, for tests."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any


class NotInstalled(Exception):
    """This machine has no PostgreSQL."""


def programs() -> Path | None:
    """Where PostgreSQL's programs lie, when it is installed."""
    asked = shutil.which("pg_config")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if asked:
        told = subprocess.run([asked, "--bindir"], capture_output=True, text=True).stdout
        folders.insert(0, Path(told.strip()))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Cluster:
    """A PostgreSQL cluster of our own, which refuses to run as root."""

    def __init__(self, folder: Path, home: Path):
        self._folder, self._home = folder, home
        self._account: dict[str, Any] = {}
        if os.getuid() == 0:
            import pwd

            nobody = pwd.getpwnam("nobody")
            self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"postgresql://wayline@127.0.0.1:{self._port}/postgres"
        settings = ["-U", "wayline", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        self._run(f"{folder}/initdb", "-D", str(home / "cluster"), *settings)

    @classmethod
    @contextlib.contextmanager
    def running(cls):
        """One that is running, with its folder removed in the end."""
        folder = programs()
        if folder is None:
            raise NotInstalled("PostgreSQL's server programs are not installed (apt install postgresql)")
        home = Path(tempfile.mkdtemp(prefix="wayline-postgresql-"))
        cluster = cls(folder, home)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
            shutil.rmtree(home)

    def database(self, name: str) -> str:
        """The URL of a new database of this name."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url.replace("/postgres", f"/{name}")

    def start(self) -> None:
        options = f"-p {self._port} -k {self._home} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._control("-w", "-l", str(self._home / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str) -> None:
        self._run(f"{self._folder}/pg_ctl", "-D", str(self._home / "cluster"), *arguments)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self._home, capture_output=True, text=True, **self._account)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
