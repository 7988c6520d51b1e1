"""Responses that stand twice: exported twice, sent twice, or by two people of one firm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from mspsurvey.intake.linking.normalise import domain_of, firm_key
from mspsurvey.intake.work import Edit, Work, query
from mspsurvey.schema import DUPLICATES

SAME_FIRM = 0.92
"""Jaro–Winkler similarity of two firms' names in one place from which they are one firm."""

_SHORTEST_NAME = 4
_Pair = tuple[int, int, str, str]


def find_duplicates(work: Work) -> pd.DataFrame:
    """Find the responses that another one stands for.

    Of each group the one with most answers stays; of two people of one firm the one whose
    role comes first in the questionnaire. Passes, in this order: S4 one response id, two
    contents; D1 everything equal; D2 one sampled unit or one firm, twice; D3 one unit, two
    people.

    Parameters
    ----------
    work : Work
        Cleaned answers of real responses.

    Returns
    -------
    DataFrame
        Columns of ``schema.DUPLICATES``: one row for each response that goes.
    """
    content = _content(work)
    answers = _answer_count(work)
    gone: dict[int, tuple[int, str, str]] = {}
    for passing in (_same_id, _same_content, _same_unit, _same_firm):
        left = [i for i in range(len(work.meta)) if i not in gone]
        for keep, drop, rule, reason in passing(work, left, content, answers):
            if drop not in gone and keep not in gone:
                gone[drop] = (keep, rule, reason)
    return _as_table(work, gone)


def _as_table(work: Work, gone: dict[int, tuple[int, str, str]]) -> pd.DataFrame:
    order = sorted(gone)
    kept = [gone[i] for i in order]
    return pd.DataFrame(
        {
            "source": pd.array([work.source] * len(order), dtype="str"),
            "row": work.meta["row"].iloc[order].to_numpy(),
            "resp_id": work.meta["resp_id"].iloc[order].to_numpy(),
            "kept_resp_id": work.meta["resp_id"].iloc[[k for k, _, _ in kept]].to_numpy(),
            "rule": pd.array([rule for _, rule, _ in kept], dtype="str"),
            "reason": pd.array([reason for _, _, reason in kept], dtype="str"),
        },
        columns=list(DUPLICATES),
    )


def _content(work: Work) -> np.ndarray:
    """One number for everything that a respondent answered."""
    hashes = pd.DataFrame(
        {n: pd.util.hash_array(pd.factorize(c)[0]) for n, c in work.answers.items()}
    )
    return pd.util.hash_pandas_object(hashes, index=False).to_numpy()


def _answer_count(work: Work) -> np.ndarray:
    present = work.answers.notna() & (work.answers != "")
    return present.sum(axis=1).to_numpy()


def _groups(keys: pd.Series, left: list[int]) -> Iterator[list[int]]:
    """Positions of responses that share a key that is not blank."""
    table = keys.iloc[left]
    table = table[table.notna() & table.ne("")]
    positions = pd.Series(range(len(keys)), index=keys.index)
    for _, rows in positions[table.index].groupby(table.to_numpy(), sort=True):
        if len(rows) > 1:
            yield [int(r) for r in rows]


def _fullest(rows: list[int], answers: np.ndarray) -> int:
    return max(rows, key=lambda r: (answers[r], -r))


def _same_id(
    work: Work, left: list[int], content: np.ndarray, answers: np.ndarray
) -> Iterator[_Pair]:
    for rows in _groups(work.meta["resp_id"], left):
        keep = _fullest(rows, answers)
        for row in rows:
            if row != keep:
                same = content[row] == content[keep]
                rule = "D1" if same else "S4"
                yield (
                    keep, row, rule,
                    "exported twice" if same else "one response id, different answers",
                )  # fmt: skip


def _same_content(
    work: Work, left: list[int], content: np.ndarray, answers: np.ndarray
) -> Iterator[_Pair]:
    # Two nearly empty responses are equal by chance.
    enough = answers >= max(10, work.answers.shape[1] // 10)
    keys = pd.Series(content, index=work.meta.index).astype("str").where(enough, "")
    for rows in _groups(keys, left):
        for row in rows[1:]:
            yield rows[0], row, "D1", "all answers equal"


def _same_unit(
    work: Work, left: list[int], content: np.ndarray, answers: np.ndarray
) -> Iterator[_Pair]:
    del content
    for rows in _groups(work.meta["sample_id"], left):
        yield from _one_of(work, rows, answers, "one sampled unit answered twice")


def _one_of(work: Work, rows: list[int], answers: np.ndarray, reason: str) -> Iterator[_Pair]:
    ranks = _role_ranks(work)
    roles = {ranks[r] for r in rows if ranks[r] >= 0}
    if len(roles) > 1:
        keep = min(rows, key=lambda r: (ranks[r] < 0, ranks[r], -answers[r], r))
    else:
        keep = _fullest(rows, answers)
    for row in rows:
        if row != keep:
            other = len(roles) > 1 and ranks[row] != ranks[keep]
            why = "two people answered for one unit" if other else reason
            yield keep, row, "D3" if other else "D2", why


def _role_ranks(work: Work) -> np.ndarray:
    if not work.has("scr_role"):
        return np.full(len(work.meta), -1)
    order = list(work.instrument["scr_role"].levels)
    codes = pd.Categorical(work.answers["scr_role"], categories=order).codes
    return np.asarray(codes, dtype="int64")


def _same_firm(
    work: Work, left: list[int], content: np.ndarray, answers: np.ndarray
) -> Iterator[_Pair]:
    """Firms that look like one; those of a sample are two records, and are only asked about."""
    del content
    unsampled = [i for i in left if not work.meta["sample_id"].iloc[i]]
    for rows, reason in _alike(work, unsampled):
        yield from _one_of(work, rows, answers, f"{reason} answered twice")


def alike_firms(work: Work) -> Edit:
    """Ask about sampled firms that look like one (rule D2): the frame may hold it twice."""
    edit = Edit()
    sampled = [i for i in range(len(work.meta)) if work.meta["sample_id"].iloc[i]]
    for rows, reason in _alike(work, sampled):
        units = work.meta["sample_id"].iloc[rows]
        if len(set(units)) > 1:
            found = pd.Series(range(len(work.meta))).isin(rows).set_axis(work.meta.index)
            edit.queries.append(
                query(work, "sample_id", found, work.meta["sample_id"], f"{reason}, two records")
            )
    return edit


def _alike(work: Work, rows: list[int]) -> Iterator[tuple[list[int], str]]:
    """Groups of firms with one web domain, or with nearly one name in one ZIP area."""
    if work.has("firm_domain"):
        for group in _groups(work.answers["firm_domain"].map(domain_of), rows):
            yield group, "one firm (web domain)"
    if not work.has("firm_name", "zip3"):
        return
    names = work.answers["firm_name"].map(firm_key)
    places = work.answers["zip3"].where(names.str.len() >= _SHORTEST_NAME, "")
    for group in _groups(places, rows):
        some = names.iloc[group].tolist()
        scores = process.cdist(
            some, some, scorer=JaroWinkler.normalized_similarity, score_cutoff=SAME_FIRM
        )
        for first, second in np.argwhere(np.triu(scores, 1) >= SAME_FIRM):
            yield [group[int(first)], group[int(second)]], "one firm (name and place)"
