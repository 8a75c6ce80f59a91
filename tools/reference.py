"""The reference pages, written from the code itself; tests/test_docs.py compares.

python tools/reference.py         write docs/reference/
python tools/reference.py check   say which page is out of date
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def pages() -> dict[str, str]:
    """Every page of docs/reference with its content."""
    from tools import decisions
    from wayline.cli import reference

    return {
        "activities.md": activities(),
        "cli.md": reference.markdown(),
        "decisions.md": decisions.page(),
        "journey-format.json": journey_format(),
        "metrics.md": metrics(),
        "openapi.json": openapi(),
        "permissions.md": permissions(),
    }


def journey_format() -> str:
    """The JSON Schema of the open format of maps."""
    from wayline.journeys.exchange.document import Document

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Document.model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def activities() -> str:
    from wayline.audit import registry

    rows = [f"| `{name}` | {sentence} |" for name, sentence in sorted(registry.names().items())]
    about = (
        "What people and rules do in the product, as it is written down. "
        "Names are stable: programs may rely on them."
    )
    return "\n".join(["# Activities", "", about, "", "| Name | Meaning |", "|---|---|", *rows, ""])


def metrics() -> str:
    from wayline.metrics.catalog import METRICS

    rows = [
        f"| `{slug}` | {metric.name} | {metric.unit or 'number'} | {metric.meaning} |"
        for slug, metric in sorted(METRICS.items())
    ]
    about = "Ask them on the metrics page, by `wayline answer SLUG`, or through the API."
    return "\n".join(
        ["# Metrics", "", about, "", "| Slug | Name | Unit | Meaning |", "|---|---|---|---|", *rows, ""]
    )


def openapi() -> str:
    from wayline.api import api

    return json.dumps(api.get_openapi_schema(), indent=1, sort_keys=True, default=str) + "\n"


def permissions() -> str:
    lines = ["# Permissions", "", "The least role that opens each page and each endpoint.", ""]
    lines += ["| Page | Address | Role |", "|---|---|---|"]
    lines += [f"| `{name}` | `/{route}` | {role} |" for name, route, role in _guarded_pages()]
    lines += ["", "| Endpoint | Role of the key |", "|---|---|"]
    lines += [f"| `{method} {path}` | {role} |" for method, path, role in _endpoints()]
    return "\n".join([*lines, ""])


def _guarded_pages() -> list[tuple[str, str, str]]:
    from django.urls import get_resolver

    found = []
    for name, route, view in _patterns(get_resolver()):
        role = getattr(view, "needed_role", None)
        if role:
            found.append((name, route, role.value))
    return sorted(found)


def _patterns(resolver, namespace: str = "", before: str = ""):
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _patterns(pattern, inner, route)
        else:
            yield f"{namespace}{pattern.name}", route, pattern.callback


def _endpoints() -> list[tuple[str, str, str]]:
    from wayline.api import api

    found = []
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                role = getattr(operation.view_func, "needed_role", None)
                for method in operation.methods:
                    address = f"/api/v1/{prefix.strip('/')}{path}"
                    found.append((method, address, role.value if role else "viewer"))
    return sorted(found, key=lambda row: (row[1], row[0]))


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wayline.settings")
    import django

    django.setup()
    folder, stale = ROOT / "docs" / "reference", []
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        path = folder / name
        if not path.exists() or path.read_text() != content:
            stale.append(name)
            if sys.argv[1:] != ["check"]:
                path.write_text(content)
    if stale:
        print(("out of date: " if sys.argv[1:] == ["check"] else "written: ") + ", ".join(stale))
    return 1 if stale and sys.argv[1:] == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main())
