"""Packs a batch's results as Mailchimp does (docs/reference/mailchimp-behaviour.md#results-of-batches)."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GZIP_LEVEL = 1  # results are read once, by a test that waits for them


def result_row(status: int, operation_id: str | None, response: str) -> str:
    """Return one result as JSON; the response goes in as a string, its slashes escaped, `{}` where there is none."""
    text = json.dumps(response or "{}").replace("/", "\\\\/")
    key = json.dumps(operation_id)
    return f'{{"status_code":{status},"operation_id":{key},"response":{text}}}'


def pack(batch_id: str, rows: Sequence[str], rows_per_file: int, modified: int) -> bytes:
    """Return the gzipped tar: the folder `./` first, files of results, and one empty file among them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        _add(tar, "./", None, modified)
        chunks = [rows[start : start + rows_per_file] for start in range(0, len(rows), rows_per_file)]
        for number, chunk in enumerate(chunks):
            _add(tar, f"./{batch_id}{number:04}.json", f"[{','.join(chunk)}]".encode(), modified)
            if number == 0:
                _add(tar, f"./{batch_id}empty.json", b"", modified)
    return gzip.compress(packed.getvalue(), GZIP_LEVEL, mtime=modified)


def _add(tar: tarfile.TarFile, name: str, content: bytes | None, modified: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.mtime = modified
    if content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    else:
        entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content or b""))
