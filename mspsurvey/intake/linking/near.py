"""Which few names of a long list are near a name, without comparing it to all of them."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mspsurvey.intake.linking.normalise import core_of

_CHUNK = 2_000


def nearest(names: list[str], among: list[str], *, most: int = 6) -> list[np.ndarray]:
    """Find, for each name, those of a list that share most with it.

    Nearness is the cosine of the vectors of three-letter parts of the telling words, each part
    weighted by how rare it is in the list (TF-IDF).

    Parameters
    ----------
    names, among : list of str
        Names as written.
    most : int
        How many at the most.

    Returns
    -------
    list of ndarray of int
        Positions in ``among`` for each name, nearest first; none where nothing is shared.
    """
    vocabulary: dict[str, int] = {}
    target = _counts([core_of(name) for name in among], vocabulary, grow=True)
    rarity = np.log((1 + len(among)) / (1 + np.asarray((target > 0).sum(axis=0)).ravel())) + 1
    target = _unit(target, rarity).T.tocsr()
    asked = _unit(_counts([core_of(name) for name in names], vocabulary, grow=False), rarity)
    found: list[np.ndarray] = []
    for start in range(0, len(names), _CHUNK):
        found += _rows(asked[start : start + _CHUNK] @ target, most)
    return found


def _parts(text: str) -> list[str]:
    padded = f" {text} "
    return [padded[k : k + 3] for k in range(len(padded) - 2)]


def _counts(texts: list[str], vocabulary: dict[str, int], *, grow: bool) -> sparse.csr_array:
    """Count the parts of each text; a part that is not in the vocabulary is added or dropped."""
    rows, columns = [], []
    for row, text in enumerate(texts):
        for part in _parts(text):
            column = vocabulary.setdefault(part, len(vocabulary)) if grow else vocabulary.get(part)
            if column is not None:
                rows.append(row)
                columns.append(column)
    shape = (len(texts), max(len(vocabulary), 1))
    ones = np.ones(len(rows))
    counts = sparse.coo_array((ones, (rows, columns)), shape=shape)
    return counts.tocsr()


def _unit(counts: sparse.csr_array, rarity: np.ndarray) -> sparse.csr_array:
    weighted = counts * rarity[None, :]
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(length, 1e-12)) @ weighted)


def _rows(nearness: sparse.csr_array, most: int) -> list[np.ndarray]:
    found = []
    for start, end in zip(nearness.indptr[:-1], nearness.indptr[1:], strict=True):
        columns, values = nearness.indices[start:end], nearness.data[start:end]
        # Of equals the first in the list, so that the same files give the same links.
        found.append(columns[np.lexsort((columns, -values))[:most]])
    return found
