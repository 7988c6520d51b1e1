"""The derived variables of the rubric, described for the instrument and the codebook."""

from __future__ import annotations

from mspsurvey.evidence.rubric.file import Rubric
from mspsurvey.instrument import Option, Variable


def rubric_variables(rubric: Rubric) -> list[Variable]:
    """Describe the derived variables, in the order of ``score``."""
    made_by = f"computed by {rubric.name}"
    names = tuple(item.derived_from or item.name for item in rubric.items)
    criteria = tuple(item.name for item in rubric.criteria)
    scale = tuple(Option(code, code, float(code)) for code in rubric.codes)
    variables = [
        Variable(i.name, i.label, i.label, "single", i.name, options=scale, ordered=True,
                 derived_from=(i.derived_from,), rule=made_by)
        for i in rubric.items if i.derived_from
    ]  # fmt: skip
    for d in rubric.domains:
        used = tuple(i.derived_from or i.name for i in rubric.items_of(d.code))
        text = f"Score for {d.label.lower()}, 0 to 100 ({made_by})"
        variables.append(_number(f"dom_{d.code}", text, d.label, used, made_by, 100))
    text = f"Maturity score, 0 to 100 ({made_by})"
    variables.append(_number("score", text, "Maturity score", names, made_by, 100))
    levels = [(lv.code, lv.label) for lv in rubric.levels]
    text = f"Maturity level ({made_by})"
    variables.append(_classed("mat_level", text, "Maturity level", levels, ("score",)))
    for name, group, label in (
        ("base_n", rubric.criteria, "Baseline criteria met"),
        ("base_critical_n", rubric.critical, "Critical criteria met"),
    ):
        used = tuple(item.name for item in group)
        text = f"{label}, of {len(group)} ({made_by})"
        variables.append(_number(name, text, label, used, made_by, len(group)))
    options = [(c.code, c.label) for c in reversed(rubric.classes)]
    for name, label in (
        ("base_class", "Baseline class"),
        ("base_bound_low", "Baseline class, unclassified firms as the worst"),
        ("base_bound_high", "Baseline class, unclassified firms as the best"),
    ):
        variables.append(_classed(name, f"{label} ({made_by})", label, options, criteria))
    return variables


def _number(
    name: str, text: str, label: str, used: tuple[str, ...], rule: str, high: float
) -> Variable:
    return Variable(
        name, text, label, "number", name, low=0, high=high, derived_from=used, rule=rule
    )


def _classed(
    name: str, text: str, label: str, options: list[tuple[str, str]], used: tuple[str, ...]
) -> Variable:
    made = tuple(Option(code, words, float(i)) for i, (code, words) in enumerate(options, 1))
    return Variable(
        name, text, label, "single", name, options=made, ordered=True, derived_from=used, rule=text
    )
