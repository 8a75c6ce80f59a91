"""Looks whether an export is whole before anything of it is used, and says what is wrong with it."""

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wayline.kit.refusals import Refusal

from . import packing

CHUNK = 1 << 20
MOST_MANIFEST = 20_000_000
# An export may come from anybody: only names that it writes itself, so that none leads out of the folder.
ALLOWED = re.compile(r"(signals|customers|journal)\.parquet|rows/[a-z_.]+\.jsonl|files/(pictures|imports)/.+")
NEEDED = {"signals.parquet", "customers.parquet", "journal.parquet", "rows/users.jsonl"}


class ExportDamaged(Refusal):
    """The files are not what the export wrote."""

    status = 422


class NotAnExport(Refusal):
    """Something else than an export of a workspace."""

    status = 422


def unpacked(source: Path, staging: Path) -> tuple[Path, dict]:
    """The checked export as a folder, with its manifest; a zip is unpacked into `staging`."""
    if source.is_dir():
        manifest = _manifest(source / packing.MANIFEST)
        for name, told in manifest["files"].items():
            _check(source / name, name, told)
    else:
        manifest = _unzip(source, staging)
        source = staging
    _count(source, manifest)
    return source, manifest


def _unzip(source: Path, staging: Path) -> dict:
    """Only what the manifest names, and never more bytes than it says."""
    try:
        with zipfile.ZipFile(source) as packed:
            names = set(packed.namelist())
            if packing.MANIFEST not in names:
                raise NotAnExport("This zip holds no manifest.json, so it is no export of a workspace.")
            with packed.open(packing.MANIFEST) as file:
                text = file.read(MOST_MANIFEST)
            staging.mkdir(parents=True, exist_ok=True)
            (staging / packing.MANIFEST).write_bytes(text)
            manifest = _manifest(staging / packing.MANIFEST)
            needed = sum(told["bytes"] for told in manifest["files"].values())
            if needed > shutil.disk_usage(staging).free * 0.9:
                raise NotAnExport(f"The export needs {needed:,} bytes, and the disk has not as much free.")
            for name, told in manifest["files"].items():
                if name not in names:
                    raise ExportDamaged(f"{name} is missing. Make the export again.")
                with packed.open(name) as file:
                    _copy(file, staging / name, name, told)
            return manifest
    except zipfile.BadZipFile as error:
        raise ExportDamaged(f"The file is no whole zip ({error}). Copy or make it again.") from None
    except (OSError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise ExportDamaged(f"The zip cannot be read: {error}. Copy or make it again.") from None


def _manifest(path: Path) -> dict:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != packing.FORMAT:
            raise NotAnExport(f"{path.name} says it is {str(manifest['format'])[:40]!r}, no workspace.")
        if manifest["version"] != packing.VERSION:
            raise NotAnExport(
                f"The export has the format {manifest['version']!r:.20}, and this version of Wayline reads "
                f"{packing.VERSION}. Upgrade Wayline, then import."
            )
        if manifest["digest"] != packing.digest_of(manifest):
            raise ExportDamaged("manifest.json was changed after it was written. Make the export again.")
        wrong = [name for name in manifest["files"] if not _is_allowed(name)]
    except FileNotFoundError:
        raise NotAnExport(
            f"There is no {path.name} in {path.parent}: this is no export of a workspace."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportDamaged(f"manifest.json cannot be read ({error}). Make the export again.") from None
    if wrong:
        raise NotAnExport(f"The manifest names {wrong[0][:80]!r}, which no export holds.")
    missing = NEEDED - set(manifest["files"])
    if missing:
        raise ExportDamaged(
            f"The manifest does not name {', '.join(sorted(missing))}. Make the export again."
        )
    return manifest


def _is_allowed(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(ALLOWED.fullmatch(name)) and ".." not in parts and "\\" not in name


def _copy(file, target: Path, name: str, told: dict) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    checksum, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > told["bytes"]:
                raise ExportDamaged(f"{name} is larger than the manifest says. Make the export again.")
            checksum.update(chunk)
            out.write(chunk)
    _compare(name, size, checksum.hexdigest(), told)


def _check(path: Path, name: str, told: dict) -> None:
    if not path.is_file():
        raise ExportDamaged(f"{name} is missing. Copy or make the export again.")
    found = packing.entry(path, None)
    _compare(name, found["bytes"], found["sha256"], told)


def _compare(name: str, size: int, checksum: str, told: dict) -> None:
    if size != told["bytes"]:
        raise ExportDamaged(
            f"{name} has {size:,} bytes and should have {told['bytes']:,}. It was cut or changed."
        )
    if checksum != told["sha256"]:
        raise ExportDamaged(f"{name} is damaged: its checksum is another one. Copy or make the export again.")


def _count(folder: Path, manifest: dict) -> None:
    for name, told in manifest["files"].items():
        if name.endswith(".parquet"):
            try:
                found = pq.read_metadata(folder / name).num_rows
            except pa.ArrowException as error:
                raise ExportDamaged(f"{name} cannot be read: {error}.") from None
            if found != told["rows"]:
                raise ExportDamaged(f"{name} holds {found:,} rows and should hold {told['rows']:,}.")


def lines(folder: Path, name: str, manifest: dict) -> Iterator[dict[str, Any]]:
    """The rows of a file; counted, so that none is missing."""
    told = manifest["files"].get(name)
    if told is None:  # written by a version that did not have this table
        return
    number = 0
    with (folder / name).open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield json.loads(line)
            except ValueError:
                raise ExportDamaged(f"Line {number} of {name} is no JSON.") from None
    if number != told["rows"]:
        raise ExportDamaged(f"{name} holds {number:,} rows and should hold {told['rows']:,}.")


def parquet(folder: Path, name: str) -> Iterator[pa.Table]:
    """A Parquet file in parts."""
    with pq.ParquetFile(folder / name) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)
