"""Writes docs/reference/cli.md from the parser: `python -m wayline.cli.reference > docs/reference/cli.md`."""

import argparse
from collections.abc import Iterator

from .parser import build


def markdown() -> str:
    parser = build()
    parts = ["# The command line", "", str(parser.description), ""]
    parts += ["Exit codes: 0 done, 1 refused or failed, 2 not understood.", ""]
    for name, command in _commands(parser):
        parts += [f"## wayline {name}", "", str(command.description), "", f"    {_usage(command)}", ""]
        parts += [f"- `{_flags(action)}`: {action.help}" for action in command._actions if _is_told(action)]
        parts += [""]
    return "\n".join(parts).rstrip() + "\n"


def _commands(
    parser: argparse.ArgumentParser, above: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command by its name; of a group, the commands in it."""
    groups = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not groups:
        yield above.strip(), parser
    for group in groups:
        for name, command in group.choices.items():
            yield from _commands(command, f"{above} {name}")


def _usage(command: argparse.ArgumentParser) -> str:
    return " ".join(command.format_usage().removeprefix("usage: ").split())


def _is_told(action: argparse.Action) -> bool:
    return action.dest != "help" and bool(action.help)


def _flags(action: argparse.Action) -> str:
    flags = ", ".join(action.option_strings) or str(action.metavar)
    if action.option_strings and action.nargs != 0:
        flags += f" {action.metavar or action.dest.upper()}"
    return flags


if __name__ == "__main__":
    print(markdown(), end="")
