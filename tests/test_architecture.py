"""The architecture, held by tests: directions, doors, names."""

import ast
import configparser
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import get_resolver
from importlinter.cli import lint_imports

from wayline.audit import registry

ROOT = Path(__file__).resolve().parent.parent
WAYLINE = ROOT / "wayline"
# Tenant rows that no member ever asks for, with the reason.
NEVER_SHOWN = {
    "kit.job": "the worker's own; the kit knows no member",
    "signals.warehousechange": "the loader's own",
}


def test_areas_import_only_from_areas_below():
    assert lint_imports(config_filename=str(ROOT / ".importlinter")) == 0


def order_of_areas() -> dict[str, int]:
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    lines = contract["importlinter:contract:areas"]["layers"].split("\n")
    return {
        name.strip().removeprefix("wayline."): depth
        for depth, line in enumerate(lines)
        for name in line.split("|")
        if name.strip()
    }


def test_foreign_keys_follow_imports():
    depth = order_of_areas()
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.many_to_one and not field.auto_created and field.related_model
        if field.related_model._meta.app_label in depth
        if depth[field.related_model._meta.app_label] < depth[model._meta.app_label]
    ]
    assert wrong == []


def our_models() -> list:
    return [model for model in apps.get_models() if model.__module__.startswith("wayline.")]


def test_rows_of_a_workspace_are_entered_through_visible_to():
    scoped = [
        model
        for model in our_models()
        if any(field.attname == "workspace_id" for field in model._meta.concrete_fields)
        if model._meta.label_lower not in NEVER_SHOWN
    ]
    missing = [m._meta.label for m in scoped if not hasattr(m._default_manager.all(), "visible_to")]
    assert missing == []
    assert scoped


def test_every_url_name_in_a_template_resolves():
    known = set(url_names(get_resolver()))
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in WAYLINE.rglob("templates/**/*.*")
        for name in re.findall(r"""{%\s*url\s+["']([\w:-]+)["']""", path.read_text())
        if name not in known
    ]
    assert wrong == []


def url_names(resolver, namespace: str = ""):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from url_names(
                pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            )
        elif pattern.name:
            yield f"{namespace}{pattern.name}"


def sources(pattern: str) -> list[Path]:
    return [path for path in WAYLINE.rglob(pattern) if "/tests/" not in str(path)]


def operation_files() -> list[Path]:
    return [
        *sources("operations.py"),
        *(path for path in sources("*.py") if path.parent.name == "operations"),
    ]


def recorded_names() -> set[str]:
    call = re.compile(r"""\brecord\(\s*["'](\w+\.\w+)["']""")
    return {name for path in sources("*.py") for name in call.findall(path.read_text())}


def test_every_recorded_activity_is_listed():
    assert recorded_names() - set(registry.names()) == set()


def test_every_listed_activity_is_recorded_somewhere():
    text = "\n".join(path.read_text() for path in sources("*.py") if path.name != "activities.py")
    unused = [name for name in registry.names() if f'"{name}"' not in text]
    assert unused == []


@pytest.mark.parametrize("path", operation_files(), ids=lambda path: str(path.relative_to(WAYLINE)))
def test_what_a_person_does_is_written_down(path):
    """Every public function that takes `by` records an activity, itself or by a function it calls."""
    functions = {
        node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    }
    silent = [
        name
        for name, node in functions.items()
        if not name.startswith("_")
        and path.parts[-2] != "audit"
        and "by" in {argument.arg for argument in node.args.kwonlyargs}
        and not records(node, functions, set())
    ]
    assert silent == []


def records(node, functions: dict, seen: set) -> bool:
    for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name == "record" or "record" in name.split("_"):
            return True
        is_ours = isinstance(call.func, ast.Name) and name in functions and name not in seen
        if is_ours and records(functions[name], functions, seen | {name}):
            return True
        is_elsewhere = isinstance(call.func, ast.Attribute) and any(k.arg == "by" for k in call.keywords)
        if is_elsewhere:
            return True
    return False


def test_an_operation_never_reads_the_clock():
    wrong = [
        str(path.relative_to(ROOT))
        for path in operation_files()
        if re.search(r"timezone\.now\(|datetime\.now\(|date\.today\(", path.read_text())
    ]
    assert wrong == []


@pytest.mark.parametrize("path", sources("api.py"), ids=lambda path: str(path.relative_to(WAYLINE)))
def test_an_endpoint_that_changes_something_asks_for_a_role(path):
    """POST endpoints name the role they need, unless they only read with a question too long for a GET."""
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        changes = any(".post(" in mark or ".delete(" in mark or ".patch(" in mark for mark in marks)
        writes = any(isinstance(n, ast.Name) and n.id == "operations" for n in ast.walk(node))
        if changes and writes:
            assert any(mark.startswith(("needs(", "api_auth.needs(")) for mark in marks), node.name


def test_a_page_that_only_reads_takes_no_other_method():
    """A view says which methods it takes, or tells them apart itself, as forms do."""
    loose = [
        f"{path.relative_to(WAYLINE)}: {view.name}"
        for path in [*WAYLINE.rglob("views.py"), *WAYLINE.rglob("views/*.py")]
        for view in ast.parse(path.read_text()).body
        if isinstance(view, ast.FunctionDef) and ast.unparse(view.args).startswith("request")
        if any("access.member" in ast.unparse(each) for each in view.decorator_list)
        if not any("require_" in ast.unparse(each) for each in view.decorator_list)
        if "POST" not in ast.unparse(view)
    ]
    assert loose == []
