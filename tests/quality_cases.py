"""Small responses to grids, and careless-answering indices written out as in their papers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from statistics import stdev

import numpy as np
import pandas as pd

from mspsurvey.instrument import load_instrument
from mspsurvey.intake.work import Work

HEAD = """
instrument: grids
title: Grids
version: "1.0"
population: firms
reference_period: now
option_sets:
  scale:
    - {code: "1", label: Low}
    - {code: "2", label: Mid}
    - {code: "3", label: High}
  turned:
    - {code: "1", label: Low, value: 3}
    - {code: "2", label: Mid, value: 2}
    - {code: "3", label: High, value: 1}
blocks:
  - name: main
    questions:
"""
TAIL = """
      - name: attn
        kind: single
        role: paradata
        text: Choose b.
        options: [{code: a, label: A, value: 0}, {code: b, label: B, value: 1}]
      - {name: word, kind: text, text: Type the word purple., role: paradata}
      - {name: more, kind: text, text: Anything else to say about your work?, role: free_text}
"""


def grid(name: str, rows: int, turned: Sequence[int] = ()) -> str:
    """Write a grid of rows ``name1``, ``name2``, …, of which some are turned round."""
    items = [
        f"{{name: {name}{k}, text: Row {k}{', options: turned' if k in turned else ''}}}"
        for k in range(1, rows + 1)
    ]
    return (
        f'      - {{name: {name}, kind: grid, text: "Grid {name}:", options: scale,\n'
        f"         rows: [{', '.join(items)}]}}\n"
    )


def answered(folder: Path, grids: Sequence[str], *rows: str, **columns: Sequence[object]) -> Work:
    """Responses to grids, a digit an answer and a blank for none; columns of metadata by name."""
    path = folder / "grids.yaml"
    path.write_text(HEAD + "".join(grids) + TAIL, encoding="utf-8")
    instrument = load_instrument(path)
    names = [v.name for v in instrument if v.kind == "grid"]
    cells = pd.DataFrame([list(row) for row in rows], columns=names, dtype="str")
    answers = cells.replace(" ", None).assign(attn="b", word="purple", more="")
    meta = pd.DataFrame({"duration_s": [600.0] * len(rows)})
    for name, values in columns.items():
        if name in answers:
            answers[name] = pd.Series(values, dtype="str")
        else:
            meta[name] = list(values)
    missing = pd.DataFrame("", index=answers.index, columns=answers.columns, dtype="str")
    return Work("msps", instrument, answers, missing, meta)


def longest_run(answers: Sequence[object]) -> int:
    """Johnson (2005): the longest run of one answer, among those given."""
    return max((len(list(g)) for _, g in groupby(a for a in answers if a != " ")), default=0)


def variability(answers: Sequence[float]) -> float:
    """Dunn and others (2018): the standard deviation of one person's answers."""
    return stdev(answers) if len(answers) > 1 else float("nan")


def distance(values: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distance of rows without gaps, by the inverse of the correlations."""
    z = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    inverse = np.linalg.inv(z.T @ z / len(z) * 0.95 + np.eye(z.shape[1]) * (1 - 0.95 * _var(z)))
    return np.array([row @ inverse @ row for row in z])


def _var(z: np.ndarray) -> float:
    # The diagonal is put back to one, whatever it was drawn towards.
    return float((z**2).sum(axis=0)[0] / len(z))
