import os
import secrets
import shutil
import sys
import time

from django.conf import settings
from django.db import connection
from django.utils import timezone

from wayline import health
from wayline.accounts import operations
from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.audit.models import Activity
from wayline.home.demo import company
from wayline.kit.refusals import Refusal

from . import client, preparing, serving

PEOPLE = (
    ("maya@northwind.test", "Maya Lindqvist", "owner"),
    ("noor@northwind.test", "Noor Haddad", "contributor"),
    ("omar@northwind.test", "Omar Said", "viewer"),
)


BYTES_EACH = 12_000  # a customer's year in the databases and their logs, as measured


class DemoInterrupted(Refusal):
    """An earlier load did not finish."""


class ResetRefused(Refusal):
    """Nothing was deleted."""


def demo(asked) -> int:
    if asked.reset:
        reset(is_sure=asked.yes)
    server = client.running()
    if server:
        raise serving.CannotServe(f"The demo is running already, at {server.url}")
    if not asked.no_serve:
        # Said before minutes are spent on loading.
        serving.listen(asked.host, asked.port).close()
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    problem = health.disk()
    if problem:
        raise serving.CannotServe(f"{problem} Free some space first, or set WAYLINE_DATA_DIR.")
    preparing.prepare()
    if not loaded():
        _check_room(asked.customers)
    password = kept_password()
    workspace = loaded_company(asked.customers, password)
    greeting = (
        f"\n  {workspace.name} is ready.\n\n"
        f"  Open      {settings.BASE_URL}/{workspace.slug}/\n"
        f"  Sign in   {PEOPLE[0][0]}\n"
        f"  Password  {password}\n"
    )
    if asked.no_serve:
        print(greeting)
        preparing.close_databases()
        return 0
    serving.run(asked.host, asked.port, greeting=f"{greeting}\n  Stop with Ctrl-C; the data stays.\n")
    return 0


def loaded_company(customers: int, password: str) -> Workspace:
    """The demo company, loaded now unless an earlier start did."""
    if found := loaded():
        return found
    if Workspace.objects.filter(is_demo=True).exists():
        _clear_interrupted()
    now, began = timezone.now(), time.monotonic()
    people = [
        User.objects.filter(email=email).first()
        or operations.create_user(email, name=name, password=password, by=None, now=now)
        for email, name, _ in PEOPLE
    ]
    workspace = operations.create_workspace("Northwind Cloud", by=people[0], now=now, is_demo=True)
    for user, (_, _, role) in list(zip(people, PEOPLE, strict=True))[1:]:
        operations.add_member(workspace, user=user, role=role, by=people[0], now=now)
    print(f"Inventing {workspace.name} with {customers:,} customers:", flush=True)
    company.create(workspace, customers=customers, progress=Progress(), by=people[0])
    audit.record("workspace.demo_loaded", subject=workspace, workspace=workspace, by=None, at=timezone.now())
    print(f"\rLoaded in {time.monotonic() - began:.0f} s.{' ' * 50}", flush=True)
    return workspace


def loaded() -> Workspace | None:
    """The demo company, if an earlier start brought it whole."""
    found = Workspace.objects.filter(is_demo=True).first()
    if found and Activity.objects.filter(name="workspace.demo_loaded", workspace_id=found.pk).exists():
        return found
    return None


def _check_room(customers: int) -> None:
    """Said before a minute is spent on loading what could then not be served."""
    needed = health.DISK_FLOOR_BYTES + customers * BYTES_EACH
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < needed:
        raise serving.CannotServe(
            f"The demo company needs about {needed // 1_000_000} MB, and {free // 1_000_000} MB are free in "
            f"{settings.DATA_DIR}. Free some space, set WAYLINE_DATA_DIR, or ask for fewer --customers."
        )


def _clear_interrupted() -> None:
    """A load that was interrupted is begun anew, where nothing but the demo can be lost."""
    if Workspace.objects.exclude(is_demo=True).exists() or not _is_embedded():
        raise DemoInterrupted("An earlier load of the demo was interrupted. Run: wayline demo --reset")
    print("An earlier load was interrupted; beginning anew.")
    _delete_databases()
    preparing.prepare()


def kept_password() -> str:
    """The demo people's password, made once for each data directory."""
    path = settings.DATA_DIR / "demo_password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"northwind-{secrets.token_hex(4)}")
    return path.read_text().strip()


def reset(*, is_sure: bool) -> None:
    if not _is_embedded():
        raise ResetRefused("--reset deletes embedded databases only. Empty the PostgreSQL database yourself.")
    server = client.running()
    if server:
        raise ResetRefused(f"A server is running (process {server.pid}). Stop it before --reset.")
    if not is_sure:
        if not sys.stdin.isatty():
            raise ResetRefused("--reset deletes every workspace in the data directory. Add --yes to mean it.")
        answer = input(f"This deletes every workspace in {settings.DATA_DIR}. Type yes to go on: ")
        if answer.strip().lower() != "yes":
            raise ResetRefused("Nothing was deleted.")
    _delete_databases()


def _is_embedded() -> bool:
    return connection.vendor == "sqlite" and settings.WAREHOUSE_URL.startswith("duckdb:///")


def _delete_databases() -> None:
    preparing.close_databases()
    names = ["wayline.sqlite3", "journal.sqlite3", "signals.duckdb"]
    for name in names:
        for path in settings.DATA_DIR.glob(f"{name}*"):
            path.unlink()


class Progress:
    """One line that grows: how much is done, and of what."""

    def __init__(self):
        self.is_live = sys.stdout.isatty()
        self.said = -1

    def __call__(self, done: float, what: str = "") -> None:
        tenth = int(done * 10)
        if self.is_live:
            print(f"\r  {'█' * int(done * 30):<30} {done:4.0%} {what:<24}", end="", flush=True)
        elif tenth != self.said:
            self.said = tenth
            print(f"  {done:4.0%} {what}", flush=True)
