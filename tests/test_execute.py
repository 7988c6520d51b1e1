"""Notebooks run from top to bottom, the same each time, and say clearly where they fail."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspsurvey.errors import MspSurveyError, PublicationError
from mspsurvey.publish.report.execute import execute_notebook, last_line, read_notebook
from mspsurvey.publish.report.parameters import assigned_names, inject


def notebook(*cells: str, parameters: str = "") -> dict[str, Any]:
    sources = [(parameters, ["parameters"])] if parameters else []
    sources += [(cell, []) for cell in cells]
    return {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {},
        "cells": [
            {
                "cell_type": "code",
                "metadata": {"tags": tags},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for source, tags in sources
        ],
    }


def write(folder: Path, name: str, content: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def run(path: Path, out: Path, **options: Any) -> dict[str, Any]:
    given = {"parameters": {}, "env": {}, "cwd": path.parent, "out": out, **options}
    execute_notebook(path, **given)
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result


UNSTEADY = """
import os, warnings
warnings.warn("odd")
print(state, list({"a", "b", "c", "d"}), os.environ["TZ"], os.environ["EXTRA"])
object()
"""


def test_two_runs_at_once_in_threads_write_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, "a.ipynb", notebook(UNSTEADY, parameters="state = 'all'"))
    outs = [tmp_path / "one" / "a.ipynb", tmp_path / "two" / "a.ipynb"]
    given = {"parameters": {"state": "LA"}, "env": {"EXTRA": "yes"}, "cwd": tmp_path}
    threads = [
        threading.Thread(target=execute_notebook, args=(path,), kwargs={**given, "out": out})
        for out in outs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert outs[0].read_bytes() == outs[1].read_bytes()
    executed = json.loads(outs[0].read_text())
    ids = [cell["id"] for cell in executed["cells"]]
    assert ids == ["cell-000", "injected-parameters", "cell-001"]
    printed = "".join(o["text"] for o in executed["cells"][2]["outputs"] if "text" in o)
    assert "LA" in printed
    assert "UTC yes" in printed
    assert "ipykernel_" not in printed
    assert executed["cells"][2]["outputs"][-1]["data"]["text/plain"] == "<object>"
    assert not list(tmp_path.rglob("*kernel*"))


def test_a_failing_cell_is_named_with_notebook_and_last_line_of_the_traceback(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "02_bad.ipynb", notebook("x = 1", "x / 0"))
    with pytest.raises(MspSurveyError) as caught:
        run(path, tmp_path / "out.ipynb")
    assert "02_bad.ipynb" in str(caught.value)
    assert "'cell-001' failed: ZeroDivisionError: division by zero." in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert not (tmp_path / "out.ipynb").exists()


def test_a_cell_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = write(tmp_path, "slow.ipynb", notebook("import time; time.sleep(60)"))
    with pytest.raises(PublicationError, match="longer than 1 seconds"):
        run(path, tmp_path / "out.ipynb", timeout=1)


def test_what_the_page_should_say_is_put_into_the_metadata(tmp_path: Path) -> None:
    path = write(tmp_path, "a.ipynb", notebook("1"))
    executed = run(path, tmp_path / "out.ipynb", about={"stamp": "SYNTHETIC"})
    assert executed["metadata"]["mspsurvey"] == {"stamp": "SYNTHETIC", "notebook": "a.ipynb"}


def test_an_unknown_parameter_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(PublicationError, match="Did you mean 'state'"):
        inject(notebook(parameters="state = 'all'"), {"stat": "LA"}, name="n")


def test_parameters_need_a_tagged_cell() -> None:
    with pytest.raises(PublicationError, match="No cell has the tag"):
        inject(notebook("state = 'all'"), {"state": "LA"}, name="n")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1: object()}])
def test_a_parameter_that_is_no_literal_is_refused(value: object) -> None:
    with pytest.raises(PublicationError, match="finite number"):
        inject(notebook(parameters="a = 1"), {"a": value}, name="n")


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_any_literal_arrives_as_it_was_given(value: Any) -> None:
    injected = inject(notebook(parameters="a = 1"), {"a": value}, name="n")["cells"][1]
    scope: dict[str, Any] = {}
    exec(injected["source"], scope)
    assert scope["a"] == value


def test_only_names_assigned_at_the_top_are_parameters() -> None:
    source = "a = 1\nb: int = 2\nc, d = 3, 4\nif True:\n    e = 5\nf.g = 6"
    assert assigned_names(source) == ["a", "b", "c", "d"]


def test_own_ids_are_kept_and_missing_or_doubled_ones_replaced(tmp_path: Path) -> None:
    content = notebook("1", "2", "3")
    content["cells"][0]["id"] = content["cells"][2]["id"] = "headline"
    read = read_notebook(write(tmp_path, "a.ipynb", content))
    assert [cell["id"] for cell in read["cells"]] == ["headline", "cell-001", "cell-002"]


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text("not json")
    with pytest.raises(PublicationError, match="cannot be read"):
        read_notebook(path)


def test_the_last_line_of_a_traceback_has_no_colours() -> None:
    assert last_line("Traceback\n\x1b[31mKeyError\x1b[39m: 'x'\n\n") == "KeyError: 'x'"
    assert last_line("") == "no message"
