"""Files whose library is not trusted, read in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mspsurvey.intake.readers.file import apart_process
from mspsurvey.intake.readers.file.text import read_bytes

_SECONDS = 120
_MEMORY = 1 << 30


def read_apart(path: Path, kind: str) -> dict[str, Any]:
    """Read a file in a process of its own, bounded in time and memory.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        sav, por, dta, or book for a workbook.

    Returns
    -------
    dict
        What the process says of the file; where it cannot be read, ``error`` says why.
    """
    size = len(read_bytes(path))
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [
            sys.executable, "-I", str(apart_process.__file__), kind, str(path.resolve()),
            str(result), str(_MEMORY + 16 * size),
        ]  # fmt: skip
        try:
            subprocess.run(
                command, capture_output=True, timeout=_SECONDS, check=False,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
            found: dict[str, Any] = json.loads(result.read_text(encoding="ascii"))
        except subprocess.TimeoutExpired:
            return {"error": f"reading it took more than {_SECONDS} seconds"}
        except (OSError, ValueError):
            return {"error": "it stops the program that reads such files"}
    return found
