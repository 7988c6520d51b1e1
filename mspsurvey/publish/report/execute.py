"""Run a notebook from top to bottom in a kernel of its own, with the same result each time.

What differs between two runs of the same notebook is taken away here: timings, random cell
ids, addresses of objects in memory, numbers of processes in warnings, the order of hashes.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mspsurvey.errors import PublicationError
from mspsurvey.files import write_whole
from mspsurvey.publish.page.about import ABOUT_KEY
from mspsurvey.publish.report.parameters import inject

# 1980 is the earliest date that a zip container can hold.
EARLIEST_EPOCH = "315532800"
STEADY = {"PYTHONHASHSEED": "0", "TZ": "UTC", "SOURCE_DATE_EPOCH": EARLIEST_EPOCH}
"""Environment that makes a kernel's output depend on the notebook and nothing else."""

# nbformat checks notebooks with jsonschema, which compiles some 35 grammars of this optional
# library when it is imported: a second in each process and again in each kernel.
_STUBBED = "rfc3987_syntax"
_STUB_LINE = f"import sys; sys.modules.setdefault('{_STUBBED}', None)"

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNSTEADY = (
    (re.compile(r"(?<=<)([\w.]+(?: object)?) at 0x[0-9a-fA-F]+(?=>)"), r"\1"),
    (re.compile(r"\S*ipykernel_\d+[\\/]\d+\.py"), "<cell>"),
)


def execute_notebook(
    path: Path,
    *,
    parameters: Mapping[str, Any],
    env: Mapping[str, str],
    cwd: Path,
    out: Path,
    about: Mapping[str, Any] | None = None,
    timeout: int | None = 600,
) -> Path:
    """Run one notebook in a fresh kernel and write it with its outputs.

    Several notebooks may run at once, in threads: each has its own kernel and its own folder
    of sockets.

    Parameters
    ----------
    path : Path
        Notebook to run; it is not changed.
    parameters : mapping
        Values for names that the cell tagged ``parameters`` assigns. They are written into a
        new cell right after it, as papermill does.
    env : mapping
        Variables of the kernel's environment, over those of this process and ``STEADY``.
    cwd : Path
        Working directory of the kernel.
    out : Path
        Where the executed notebook is written, whole or not at all.
    about : mapping, optional
        What the page should say of the study: ``title``, ``study``, ``stamp``, ``built``,
        ``sponsor``, ``contact``. Put into the notebook's metadata for the exporter.
    timeout : int or None, default 600
        Seconds that one cell may take; None for no limit.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    PublicationError
        Where a parameter is unknown, the file is no notebook, or a cell fails: the message
        names the notebook, the cell and the last line of the traceback.
    """
    notebook = inject(read_notebook(path), parameters, name=path.name)
    own = notebook["metadata"].get(ABOUT_KEY, {})
    notebook["metadata"][ABOUT_KEY] = {**own, **(about or {}), "notebook": path.name}
    executed = _run(notebook, name=path.name, cwd=cwd, env=env, timeout=timeout)
    _steady(executed)
    text = json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return write_whole(out, text)


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook as JSON and give an id to each cell that has none of its own.

    Ids are made from the cell's place, so that they are the same in each build: nbformat and
    jupytext would make random ones.
    """
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublicationError(
            f"A notebook (format 4) was wanted at {path}.",
            f"It cannot be read: {type(error).__name__}: {error}.",
            "Open it in JupyterLab and save it again.",
        ) from None
    seen: set[str] = set()
    for place, cell in enumerate(cells):
        own = str(cell.get("id", ""))
        cell["id"] = own if own and own not in seen else f"cell-{place:03d}"
        seen.add(cell["id"])
        # On the disk a source may be a list of lines; nbclient wants one text.
        cell["source"] = "".join(cell.get("source", ""))
    notebook["nbformat"], notebook["nbformat_minor"] = 4, max(5, notebook.get("nbformat_minor", 0))
    notebook.setdefault("metadata", {})
    return notebook


def _run(
    notebook: dict[str, Any],
    *,
    name: str,
    cwd: Path,
    env: Mapping[str, str],
    timeout: int | None,
) -> dict[str, Any]:
    # The stub must stand before nbclient, which imports nbformat; and both are slow to import.
    sys.modules.setdefault(_STUBBED, None)  # type: ignore[arg-type]
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    node: Any = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    with _kernel_manager() as manager:
        client = NotebookClient(
            node,
            km=manager,
            timeout=timeout,
            record_timing=False,
            shutdown_kernel="immediate",
            extra_arguments=[
                f"--IPKernelApp.exec_lines={_STUB_LINE}",
                "--HistoryManager.hist_file=:memory:",
            ],
        )
        try:
            # A manager that is handed in is not shut down unless it is asked for; and a loop
            # of our own is closed, where nbclient would leave one in each thread.
            whole = {**os.environ, **STEADY, **dict(env)}
            asyncio.run(client.async_execute(cwd=str(cwd), env=whole, cleanup_kc=True))
        except CellExecutionError as error:
            raise _failure(name, node, last_line(str(error.traceback), error)) from None
        except CellTimeoutError:
            raise _failure(name, node, f"it took longer than {timeout} seconds") from None
        except (DeadKernelError, RuntimeError, AssertionError):
            # The last two are what nbclient says of a kernel that dies before its first cell.
            raise _failure(name, node, "its kernel died (out of memory?)") from None
        finally:
            # Of a kernel that died nothing is left to be shut down when this process ends.
            atexit.unregister(client._cleanup_kernel)
    return dict(node)


@contextmanager
def _kernel_manager() -> Iterator[Any]:
    """Give a manager for a kernel of this very Python, over sockets in a folder of its own.

    Two kernels that share a folder meet at the same socket and neither answers; and a kernel
    spec that lies in somebody's home may belong to another Python.
    """
    from jupyter_client.kernelspec import KernelSpecManager  # comes with nbclient: slow
    from jupyter_client.manager import AsyncKernelManager

    with tempfile.TemporaryDirectory(prefix="msp-") as folder:
        specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
        places: dict[str, Any] = {"connection_file": str(Path(folder, "kernel.json"))}
        if os.name == "posix":
            places |= {"transport": "ipc", "ip": str(Path(folder, "k"))}
        yield AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs, **places)


def last_line(traceback: str, error: Any = None) -> str:
    """Last line of a traceback that says something, without colours."""
    lines = [line.strip() for line in _ANSI.sub("", traceback).splitlines() if line.strip()]
    if error is not None and getattr(error, "ename", None):
        # The message of an error may have several lines: its first names the error.
        named = [line for line in lines if line.startswith(error.ename)]
        lines = named or lines
    return lines[-1] if lines else "no message"


def _failure(name: str, node: Any, message: str) -> PublicationError:
    """Say which cell of which notebook failed: the last one that was started."""
    started = [c for c in node.cells if c.cell_type == "code" and c.get("execution_count")]
    failed = [c for c in node.cells if _has_error(c)] or started or node.cells
    return PublicationError(
        f"The notebook {name} should run from top to bottom.",
        f"Its cell '{failed[-1].id}' failed: {message.rstrip('.')}.",
        "Open the notebook, run it to that cell and mend it there.",
    )


def _has_error(cell: Mapping[str, Any]) -> bool:
    return any(o.get("output_type") == "error" for o in cell.get("outputs", []))


def _steady(notebook: dict[str, Any]) -> None:
    """Take out of the outputs what differs from run to run (in place: it is our own copy)."""
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = _steady_text(output["text"])
            plain = output.get("data", {}).get("text/plain")
            if plain is not None:
                output["data"]["text/plain"] = _steady_text(plain)


def _steady_text(text: str | list[str]) -> str:
    joined = text if isinstance(text, str) else "".join(text)
    for pattern, replacement in _UNSTEADY:
        joined = pattern.sub(replacement, joined)
    return joined
