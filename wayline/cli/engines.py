"""The engine that holds the signals, moved to another."""

import re

from django.conf import settings

from wayline.kit.refusals import Refusal
from wayline.signals import load
from wayline.warehouse import connect
from wayline.warehouse.move import move as move_signals

from . import client


class ServerRuns(Refusal):
    """The server would go on loading into the old engine."""


class SameEngine(Refusal):
    """Source and target are one."""


def move(asked) -> int:
    """Copy every signal and customer to another engine, compare, and say which setting to change."""
    if client.running():
        raise ServerRuns(
            "A server runs on this data directory. Stop it first; senders try again until it is back."
        )
    if asked.to.rstrip("/") == settings.WAREHOUSE_URL.rstrip("/"):
        raise SameEngine("Source and target are the same. Name the engine to move to.")
    settings.OWN_TABLES = ""  # what lies elsewhere does not move
    source, target = connect.current(), connect.open(asked.to)
    try:
        with load.exclusively():
            account = move_signals(source, target, say=lambda sentence: print(sentence, flush=True))
    finally:
        target.close()
    signals, customers = account.signals.total(), account.customers.total()
    print(
        f"\nBoth hold the same {signals:,} signals and {customers:,} customers.\n"
        f"Now set WAYLINE_WAREHOUSE_URL={_for_a_shell(without_password(asked.to))}\n"
        "and start the server. The old engine was left as it is; delete it when you are content."
    )
    return 0


def _for_a_shell(url: str) -> str:
    """The address as it may be pasted: masters and settings of Spark hold signs that shells read."""
    return f"'{url}'" if set(url) & set("&[?;") else url


def without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*:)[^@]+@", r"\1…@", url)
