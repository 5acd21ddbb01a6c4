"""Write the golden files into a folder: `python -m mailchimpsync.decide.table tests/decide`."""

from __future__ import annotations

import sys
from pathlib import Path

from mailchimpsync.decide.table.outcomes import golden_files

for name, text in golden_files().items():
    (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
