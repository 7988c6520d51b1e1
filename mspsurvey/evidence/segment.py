"""Groups that reports compare: size, division, membership, sector, level of outsourcing.

The rules stand in the segments' file; where a missing answer could decide, the group is
missing too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.evidence.coded import coded
from mspsurvey.evidence.segment_file import (
    Groups,
    Member,
    Outsourcing,
    Segments,
    TopCode,
    load_segments,
)
from mspsurvey.instrument import Option, Variable
from mspsurvey.schema import require_columns
from mspsurvey.study_file import SOURCES

__all__ = [
    "Outsourcing", "Segments", "load_segments", "outsourcing_level", "segment",
    "segment_variables",
]  # fmt: skip

OUTSOURCING = {"none": "No provider", "ad_hoc": "As needed", "co_managed": "Co-managed",
               "full": "Fully outsourced"}  # fmt: skip
"""Levels of outsourcing, least first."""

YES_NO = {"no": "No", "yes": "Yes"}
IT_STAFF = {"none": "No IT staff", "some": "Some IT staff"}


def segment(
    frame: pd.DataFrame,
    segments: Segments,
    source: str,
    *,
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compute the groups of one source.

    Parameters
    ----------
    frame : DataFrame
        Responses, one row a respondent, codes as categories.
    source : str
        ``msps``, ``clients`` or ``pairs``.
    missing : DataFrame, optional
        Reasons for missing answers, same rows. Without it a client who answered any of the
        transparency questions is taken as asked all of them.

    Returns
    -------
    DataFrame
        Same rows; ``resp_id`` (where there is one) and the variables of
        ``segment_variables``.
    """
    if source not in SOURCES:
        raise DefinitionError(
            f"One of the sources {', '.join(SOURCES)} was wanted.", f"It is '{source}'.",
            did_you_mean(source, SOURCES),
        )  # fmt: skip
    used = {n for v in segment_variables(segments, source) for n in v.derived_from}
    require_columns(frame, sorted(used), table=source)
    columns: dict[str, object] = {"resp_id": frame["resp_id"]} if "resp_id" in frame else {}
    if segments.starts(source):
        columns["size"] = _size(frame[segments.size_variable], segments, source)
    if segments.division:
        columns["division"] = _grouped(frame, segments.division)
    columns |= _firm(frame, segments) if source == "msps" else _client(frame, segments, missing)
    return pd.DataFrame(columns, index=frame.index)


def _size(emp: pd.Series, segments: Segments, source: str) -> Any:
    starts = segments.starts(source)
    values = emp.to_numpy(dtype="float64", na_value=np.nan)
    # NaN sorts behind every number, into the last band, so it is taken out by hand.
    codes = np.searchsorted(starts, values, side="right") - 1
    codes = np.where(np.isnan(values), -1, codes)
    return coded(codes, segments.sizes(source), emp.index, ordered=True)


def _grouped(frame: pd.DataFrame, groups: Groups) -> Any:
    codes = list(groups.labels)
    place = {member: codes.index(group) for member, group in groups.group_of.items()}
    positions = frame[groups.variable].astype("object").map(place).fillna(-1)
    return coded(positions, codes, frame.index)


def _firm(frame: pd.DataFrame, segments: Segments) -> dict[str, object]:
    columns: dict[str, object] = {}
    if segments.member:
        columns["member"] = _member(frame, segments.member)
    if segments.top_code:
        columns[segments.top_code.name] = _capped(frame, segments.top_code)
    return columns


def _member(frame: pd.DataFrame, rule: Member) -> Any:
    bodies = [
        c for c in map(str, frame.columns)
        if c.startswith(rule.prefix) and c != rule.none
        and not c.endswith("_oth")
    ]  # fmt: skip
    ticked = frame[bodies].astype("object").isin(["yes"]).any(axis=1).to_numpy(dtype=bool)
    none = frame[rule.none].astype("object").eq("yes").to_numpy(dtype=bool)
    return _yes_no(ticked, none, frame.index)


def _capped(frame: pd.DataFrame, rule: TopCode) -> pd.Series:
    """Set the largest values to the quantile of the rule; see ``top_code`` in the file."""
    values = frame[rule.variable].astype("float64")
    return values.clip(upper=float(values.quantile(rule.at)))


def _yes_no(yes: np.ndarray, no: np.ndarray, index: pd.Index) -> Any:
    """Make yes where ``yes``, no where only ``no``, missing where neither."""
    return coded(np.select([yes, no], [1, 0], default=-1), list(YES_NO), index)


def _client(
    frame: pd.DataFrame, segments: Segments, missing: pd.DataFrame | None
) -> dict[str, object]:
    columns: dict[str, object] = {}
    if segments.sector:
        columns["sector_group"] = _grouped(frame, segments.sector)
    if segments.outsourcing:
        columns |= _outsourced(frame, segments.outsourcing)
    if segments.transparency:
        columns["transp_index"] = _transparency(frame, segments, missing)
    return columns


def _outsourced(frame: pd.DataFrame, rule: Outsourcing) -> dict[str, object]:
    level, limited = outsourcing_level(frame, rule)
    staff = frame[rule.staff].to_numpy(dtype="float64", na_value=np.nan)
    no_staff, some_staff = staff < rule.staff_below, staff >= rule.staff_below
    full, not_full = level.eq("full").to_numpy(), (level.notna() & level.ne("full")).to_numpy()
    return {
        "outs_level": level,
        "outs_limited": limited,
        "outs_index": _index(frame, rule),
        "it_staff": coded(
            np.select([no_staff, some_staff], [0, 1], default=-1), list(IT_STAFF), frame.index
        ),
        "full_no_it": _yes_no(full & no_staff, not_full | some_staff, frame.index),
    }


def outsourcing_level(frame: pd.DataFrame, rule: Outsourcing) -> tuple[Any, Any]:
    """Give the level of outsourcing, and whether an agreement is limited.

    Parameters
    ----------
    rule : Outsourcing
        As read, or a copy with another parameter for a sensitivity run.

    Returns
    -------
    tuple of Series of category
        ``outs_level`` (none < ad_hoc < co_managed < full) and ``outs_limited`` (yes, no).
    """
    said = frame[list(rule.functions)].astype("object")
    led = said.isin(["prov"]).sum(axis=1).to_numpy()
    shared = said.isin(["own", "share"]).sum(axis=1).to_numpy()
    unknown = said.isna().sum(axis=1).to_numpy()
    staff = frame[rule.staff].to_numpy(dtype="float64", na_value=np.nan)
    provider = frame[rule.provider].astype("object")
    contract = frame[rule.contract].astype("object").eq("yes").to_numpy(dtype=bool)
    without = frame[rule.contract].astype("object").eq("no").to_numpy(dtype=bool)
    no_provider = provider.eq("no").to_numpy(dtype=bool)
    contract, without = contract & ~no_provider, without & ~no_provider

    surely_full = contract & (led >= rule.functions_needed) & (staff < rule.staff_below)
    maybe_full = contract & (led + unknown >= rule.functions_needed) & ~(staff >= rule.staff_below)
    surely_part = contract & ~maybe_full
    codes = np.select([no_provider, without, surely_part, surely_full], [0, 1, 2, 3], default=-1)
    level = coded(codes, list(OUTSOURCING), frame.index, ordered=True)

    in_house = (staff >= rule.staff_below) | (shared >= rule.own_or_shared)
    could_be = np.isnan(staff) | (shared + unknown >= rule.own_or_shared)
    limited = surely_part & ~in_house & ~could_be
    known_no = (codes >= 0) & ~(surely_part & ~in_house)
    return level, _yes_no(limited, known_no, frame.index)


def _index(frame: pd.DataFrame, rule: Outsourcing) -> pd.Series:
    said = frame[list(rule.functions)].astype("object")
    values = said.apply(lambda column: column.map(dict(rule.index)))
    shares: pd.Series = values.astype("float64").mean(axis=1) * 100
    return shares


def _transparency(
    frame: pd.DataFrame, segments: Segments, missing: pd.DataFrame | None
) -> pd.Series:
    """Share of the questions on the provider's practices that the client could answer."""
    names = list(segments.transparency)
    said = frame[names].astype("object")
    known = said.isin(segments.known)
    if missing is None:
        asked = known.any(axis=1).to_numpy()[:, None] | said.isin(segments.unknown)
        asked_n = pd.Series(
            np.where(asked.any(axis=1), len(names), 0), index=frame.index, dtype="float64"
        )
    else:
        unsure = said.isin(segments.unknown).to_numpy() | (
            missing[names].astype("object").isin(["dont_know"]).to_numpy()
        )
        asked_n = pd.Series(
            (known.to_numpy() | unsure).sum(axis=1), index=frame.index, dtype="float64"
        )
    return 100 * known.sum(axis=1) / asked_n.where(asked_n > 0)


def segment_variables(segments: Segments, source: str) -> list[Variable]:
    """Describe the derived variables of one source, for the instrument and the codebook."""
    variables = []
    if bands := segments.sizes(source):
        sizes = {code: f"{code.replace('-', ' to ')} staff" for code in bands}
        asked = (segments.size_variable,)
        variables.append(_classed("size", "Size", sizes, asked, segments, ordered=True))
    variables += _group("division", "Census division", segments.division, segments)
    described = _firm_variables if source == "msps" else _client_variables
    return [*variables, *described(segments)]


def _firm_variables(segments: Segments) -> list[Variable]:
    member, top = segments.member, segments.top_code
    return [
        *([_classed("member", "Trade-body member", YES_NO, (member.none,), segments)]
          if member else []),
        *([_top_coded(top, segments)] if top else []),
    ]  # fmt: skip


def _client_variables(segments: Segments) -> list[Variable]:
    known = segments.transparency
    return [
        *_group("sector_group", "Sector group", segments.sector, segments),
        *(_outsourcing_variables(segments.outsourcing, segments) if segments.outsourcing else []),
        *([_scaled("transp_index", "Share of provider's practices known to the client", known,
                   segments)] if known else []),
    ]  # fmt: skip


def _outsourcing_variables(rule: Outsourcing, segments: Segments) -> list[Variable]:
    used = (rule.provider, rule.contract, rule.staff, *rule.functions)
    return [
        _classed("outs_level", "Level of outsourcing", OUTSOURCING, used, segments, ordered=True),
        _classed("outs_limited", "Agreement for few functions", YES_NO, used, segments),
        _scaled("outs_index", "Share of IT functions with the provider", rule.functions, segments),
        _classed("it_staff", "Own IT staff", IT_STAFF, (rule.staff,), segments, ordered=True),
        _classed("full_no_it", "Fully outsourced, no IT staff", YES_NO, used, segments),
    ]


def _group(name: str, label: str, rule: Groups | None, segments: Segments) -> list[Variable]:
    return [_classed(name, label, rule.labels, (rule.variable,), segments)] if rule else []


def _classed(
    name: str,
    label: str,
    labels: Mapping[str, str],
    used: tuple[str, ...],
    segments: Segments,
    *,
    ordered: bool = False,
) -> Variable:
    options = tuple(
        Option(code, words, float(i)) for i, (code, words) in enumerate(labels.items())
    )
    return Variable(
        name, f"{label} (computed by {segments.name})", label, "single", name, options=options,
        ordered=ordered, derived_from=used, rule=segments.name,
    )  # fmt: skip


def _scaled(name: str, label: str, used: tuple[str, ...], segments: Segments) -> Variable:
    return Variable(
        name, f"{label}, 0 to 100 (computed by {segments.name})", label, "percent", name,
        low=0, high=100, unit="%", derived_from=used, rule=segments.name,
    )  # fmt: skip


def _top_coded(rule: TopCode, segments: Segments) -> Variable:
    text = f"{rule.label}, the largest set to the {rule.at:.1%} quantile ({segments.name})"
    return Variable(
        rule.name, text, rule.label, "number", rule.name, low=0, derived_from=(rule.variable,),
        rule=segments.name,
    )  # fmt: skip
