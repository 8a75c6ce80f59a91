"""Signals as Parquet files in a folder that many machines share, and a manifest that says which files count.

A write makes new files and then a new manifest under the next number, in one step that fails when somebody
else was first. Until then nobody sees anything of it. See docs/decisions/0100.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet

from wayline.kit import durable
from wayline.warehouse import tables
from wayline.warehouse.engine import WarehouseFailing, as_stored

MANIFESTS = 50  # how many old ones stay
GRACE_SECONDS = 3600  # a reader may still be at work on files that no longer count
SMALL_ROWS = 100_000
SMALL_FILES = 32
FILE_ROWS = 2_000_000
ROW_GROUP = 250_000
ORDER = {"signals": 'workspace, customer, "at", seq', "customers": "workspace, customer"}
VERSIONED = {name: tables.ALL[name].to_pyarrow() for name in ORDER}
# Of a customer's rows the one of the latest write counts.
VERSIONED["customers"] = VERSIONED["customers"].append(pa.field("version", pa.int64(), nullable=False))


@dataclass(frozen=True)
class Manifest:
    """Which files hold each table, with their rows, and how far the journal is loaded."""

    number: int = 0
    files: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in ORDER})
    marks: dict[str, int] = field(default_factory=dict)


class Lake:
    """The folder."""

    def __init__(self, folder: str, *, memory: str = "1GB"):
        self.folder = Path(folder)
        self.memory = memory
        for name in (*ORDER, "manifests"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        durable.sync(self.folder)

    def manifest(self) -> Manifest:
        """The latest one."""
        for _ in range(5):
            number = max((int(path.stem) for path in self._manifests()), default=0)
            if not number:
                return Manifest()
            try:
                return Manifest(**json.loads(self._path_of(number).read_text()))
            except FileNotFoundError:  # replaced and tidied away since it was listed
                continue
        raise WarehouseFailing(f"The manifests in {self.folder} change faster than they can be read.")

    def files(self, manifest: Manifest, table: str) -> list[str]:
        return [str(self.folder / table / name) for name in manifest.files[table]]

    @contextmanager
    def writing(self) -> Iterator["LakeWriter"]:
        """One write: everything the writer did, or nothing."""
        with _failures():
            writer = LakeWriter(self, self.manifest())
            try:
                yield writer
                writer.finish()
                self._commit(writer.manifest)
            finally:
                writer.close()
            if writer.has_replaced:
                self.tidy()

    def tidy(self) -> None:
        """Delete files that have not counted for a while, and manifests nobody asks for any more."""
        manifest = self.manifest()
        for path in self._manifests():
            if int(path.stem) <= manifest.number - MANIFESTS:
                path.unlink(missing_ok=True)
        for table in ORDER:
            for path in (self.folder / table).iterdir():
                is_old = time.time() - path.stat().st_mtime > GRACE_SECONDS
                if path.name not in manifest.files[table] and is_old:
                    path.unlink(missing_ok=True)

    def _commit(self, manifest: Manifest) -> None:
        for table in ORDER:
            for path in self.files(manifest, table):
                if not os.path.exists(path):
                    raise WarehouseFailing(f"{path} is gone; the write took longer than files are kept.")
        final = self._path_of(manifest.number)
        waiting = self.folder / "manifests" / f"{uuid4().hex}.new"
        with waiting.open("w") as file:
            json.dump(asdict(manifest), file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(waiting, final)  # fails when it exists, where a rename would replace it
        except FileExistsError:
            raise WarehouseFailing("Another process wrote at the same moment; trying again.") from None
        finally:
            waiting.unlink()
        durable.sync(final.parent)

    def _manifests(self) -> list[Path]:
        return list((self.folder / "manifests").glob("*.json"))

    def _path_of(self, number: int) -> Path:
        return self.folder / "manifests" / f"{number:020}.json"


class LakeWriter:
    """What loading may do; see engine.Writer. DuckDB reads and rewrites the files."""

    def __init__(self, lake: Lake, before: Manifest):
        self._lake = lake
        files = {name: dict(before.files[name]) for name in ORDER}
        self.manifest = Manifest(before.number + 1, files, dict(before.marks))
        self._waiting: dict[str, list[pa.Table]] = {name: [] for name in ORDER}
        self._steps = 0
        self.has_replaced = False
        self._engine = duckdb.connect(
            config={
                "memory_limit": lake.memory,
                "temp_directory": str(lake.folder / ".spill"),
                "python_enable_replacements": False,
            }
        )

    def append(self, table: str, rows: pa.Table) -> int:
        """Add the rows; columns they lack stay empty."""
        if rows.num_rows:
            self._waiting[table].append(self._whole(table, as_stored(table, rows)))
        return rows.num_rows

    def replace_customers(self, rows: pa.Table) -> None:
        """Put these customers in the place of what was known of them: of each, the latest row counts."""
        self.append("customers", rows)

    def marks(self) -> dict[str, int]:
        """How far each part of the journal has been loaded."""
        return dict(self.manifest.marks)

    def mark(self, journal: str, mark: int) -> None:
        """Remember how far this part of the journal has been loaded; written with the manifest."""
        self.manifest.marks[journal] = mark

    def known_keys(self, workspace: int, keys: list[str]) -> set[str]:
        """Those of the keys that the workspace's signals have already."""
        self._flush()
        if not self.manifest.files["signals"]:
            return set()
        self._engine.register("given", pa.table({"key": pa.array(keys, pa.string())}))
        found = self._engine.execute(
            f"SELECT key FROM {self._of('signals')} WHERE workspace = ? AND key IN (SELECT key FROM given)",
            [workspace],
        )
        return {key for (key,) in found.fetchall()}

    def replace_signals(self, workspace: int, seqs: list[int], rows: pa.Table) -> None:
        """Put these rows in the place of the signals with these numbers; either may be none."""
        if seqs:
            self._engine.register("given", pa.table({"seq": pa.array(seqs, pa.int64())}))
            self._rewrite("signals", f"workspace = {int(workspace)} AND seq IN (SELECT seq FROM given)")
        self.append("signals", rows)

    def reassign(self, workspace: int, owners: dict[int, int]) -> None:
        """The signals recognised as each profile belong to its customer from now on."""
        given = {
            "profile": pa.array(owners.keys(), pa.int64()),
            "owner": pa.array(owners.values(), pa.int64()),
        }
        self._engine.register("given", pa.table(given))
        theirs = (
            f"workspace = {int(workspace)} AND EXISTS (SELECT 1 FROM given "
            "WHERE given.profile = rows.profile AND given.owner <> rows.customer)"
        )
        owner = "(SELECT owner FROM given WHERE given.profile = rows.profile)"
        moved = f"* REPLACE (coalesce({owner}, customer) AS customer)"
        self._rewrite("signals", theirs, f"SELECT {moved} FROM {{rows}} AS rows WHERE {theirs}")

    def forget_source(self, workspace: int, source: str) -> int:
        """Delete the signals of this source; how many they were."""
        self._engine.register("given", pa.table({"source": pa.array([source], pa.string())}))
        return self._rewrite(
            "signals", f"workspace = {int(workspace)} AND source = (SELECT source FROM given)"
        )

    def forget_customers(self, workspace: int, customers: list[int]) -> int:
        """Delete these customers and their signals; how many signals they were."""
        self._engine.register("given", pa.table({"customer": pa.array(customers, pa.int64())}))
        theirs = f"workspace = {int(workspace)} AND customer IN (SELECT customer FROM given)"
        self._rewrite("customers", theirs)
        return self._rewrite("signals", theirs)

    def compact(self) -> None:
        """Put the signals into the order flows read them in, and keep only each customer's latest row."""
        for table in ORDER:
            self._merge(table, list(self.manifest.files[table]))
        self.has_replaced = True

    def finish(self) -> None:
        """Write what waits, and merge small files once there are many."""
        self._flush()
        for table in ORDER:
            small = [name for name, rows in self.manifest.files[table].items() if rows < SMALL_ROWS]
            if len(small) > SMALL_FILES:
                self._merge(table, small)

    def close(self) -> None:
        self._engine.close()

    def _whole(self, table: str, rows: pa.Table) -> pa.Table:
        self._steps += 1
        version = (self.manifest.number << 20) + self._steps
        columns = []
        for each in VERSIONED[table]:
            if each.name == "version":
                columns.append(pa.array([version] * rows.num_rows, pa.int64()))
            elif each.name in rows.column_names:
                columns.append(rows[each.name])
            else:
                columns.append(pa.nulls(rows.num_rows, each.type))
        return pa.table(columns, schema=_loose(VERSIONED[table]))

    def _flush(self) -> None:
        for table, waiting in self._waiting.items():
            if waiting:
                rows = pa.concat_tables(waiting)
                self._waiting[table] = []
                self._engine.register("waiting", rows)
                self._write(table, f"SELECT * FROM waiting ORDER BY {ORDER[table]}")
                self._engine.unregister("waiting")

    def _rewrite(self, table: str, condition: str, instead: str = "") -> int:
        """Make the files that hold such rows anew: without them, or with `instead` of them. How many."""
        self._flush()
        touched: dict[str, int] = {}
        if self.manifest.files[table]:
            rows = f"read_parquet({self._listed(table)}, filename = true, union_by_name = true)"
            counted = f"SELECT filename, count(*) FROM {rows} AS rows WHERE {condition} GROUP BY ALL"
            touched = dict(self._engine.execute(counted).fetchall())
        for path in touched:
            rows = f"read_parquet(['{path}'])"
            kept = f"SELECT * FROM {rows} AS rows WHERE ({condition}) IS NOT TRUE"
            if instead:
                kept += " UNION ALL " + instead.format(rows=rows)
            self._write(table, f"SELECT * FROM ({kept}) ORDER BY {ORDER[table]}")
            del self.manifest.files[table][Path(path).name]
        self.has_replaced |= bool(touched)
        return sum(touched.values())

    def _merge(self, table: str, names: list[str]) -> None:
        self._flush()
        if not names:
            return
        rows = f"read_parquet({self._listed(table, names)}, union_by_name = true)"
        if table == "customers":
            place = "row_number() OVER (PARTITION BY workspace, customer ORDER BY version DESC)"
            rows = f"(FROM {rows} QUALIFY {place} = 1)"
        self._write(table, f"SELECT * FROM {rows} ORDER BY {ORDER[table]}")
        for name in names:
            del self.manifest.files[table][name]
        self.has_replaced = True

    def _write(self, table: str, select: str) -> None:
        """The rows as files of bounded size, on disk when this returns."""
        schema = _loose(VERSIONED[table])
        batches = self._engine.sql(select).to_arrow_reader(ROW_GROUP)
        file, path, rows = None, Path(), 0
        for batch in batches:
            if file is None:
                path = self._lake.folder / table / f"{uuid4().hex}.parquet"
                file = parquet.ParquetWriter(path, schema, compression="zstd")
            file.write_table(_with_all(pa.Table.from_batches([batch]), schema), ROW_GROUP)
            rows += batch.num_rows
            if rows >= FILE_ROWS:
                file, rows = self._closed(table, file, path, rows)
        if file is not None:
            self._closed(table, file, path, rows)

    def _closed(self, table: str, file: parquet.ParquetWriter, path: Path, rows: int) -> tuple[None, int]:
        file.close()
        durable.sync(path)
        durable.sync(path.parent)
        self.manifest.files[table][path.name] = rows
        return None, 0

    def _of(self, table: str) -> str:
        return f"read_parquet({self._listed(table)})"

    def _listed(self, table: str, names: list[str] | None = None) -> str:
        paths = [str(self._lake.folder / table / name) for name in names or self.manifest.files[table]]
        return "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"


def _with_all(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with every column of the schema; files of former versions lack those that came since."""
    for each in schema:
        if each.name not in rows.column_names:
            rows = rows.append_column(each, pa.nulls(rows.num_rows, each.type))
    return rows.select(schema.names).cast(schema)


def _loose(schema: pa.Schema) -> pa.Schema:
    return pa.schema([each.with_nullable(True) for each in schema])


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise WarehouseFailing(str(error)) from error
