"""A questionnaire of a few questions, and exports of it that are small enough to read."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pandas as pd

from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.intake.work import Work

INSTRUMENT = """
instrument: small
title: Small survey
version: "1.0"
population: firms
reference_period: the last 12 months
eligible_if: scr_ok == 'yes'
option_sets:
  agree:
    - {code: "1", label: Strongly disagree}
    - {code: "2", label: Disagree}
    - {code: "3", label: Agree}
    - {code: "4", label: Strongly agree}
    - {code: dk, label: Don't know, missing: dont_know}
blocks:
  - name: main
    title: Main
    questions:
      - name: scr_ok
        kind: single
        text: Do you take part?
        options: [{code: "yes", label: "Yes"}, {code: "no", label: "No"}]
      - name: scr_role
        kind: single
        text: Your role?
        options: [{code: owner, label: Owner}, {code: tech, label: Technician}]
      - {name: emp, kind: number, text: How many people?, low: 1, high: 5000, core: true}
      - {name: emp_tech, kind: number, text: Technical?, low: 0, high: 5000, core: true}
      - name: part
        kind: percent
        text: Which percentage
        low: 0
        high: 100
        sum_to: 100
        rows: [{name: part_a, text: of A}, {name: part_b, text: of B}]
      - {name: grow_pct, kind: percent, text: Which share grew?, low: 0, high: 100}
      - name: price_user_month
        kind: money
        text: Price per user and month?
        low: 0
        high: 100000
        unit: USD
      - name: tools
        kind: multi
        text: Which tools?
        options:
          - {code: edr, label: Device protection}
          - {code: mfa, label: Second login step}
          - {code: dk, label: Don't know, missing: dont_know}
      - name: has_plan
        kind: single
        text: A plan?
        core: true
        required: true
        options: [{code: "yes", label: "Yes"}, {code: "no", label: "No"}]
      - name: plan_age
        kind: number
        text: How old is it in years?
        ask_if: has_plan == 'yes'
        low: 0
        high: 50
      - name: view
        kind: grid
        text: "Do you agree:"
        options: agree
        core: true
        rows: [{name: v1, text: one}, {name: v2, text: two}]
      - name: note
        kind: text
        text: Anything else?
  - name: sample
    title: Known from the sample
    questions:
      - {name: stratum, kind: text, text: Stratum, role: design}
"""

QUALTRICS_META = {
    "StartDate": "startDate",
    "EndDate": "endDate",
    "Status": "status",
    "IPAddress": "ipAddress",
    "Progress": "progress",
    "Duration (in seconds)": "duration",
    "Finished": "finished",
    "ResponseId": "_recordId",
    "RecipientEmail": "recipientEmail",
    "ExternalReference": "externalDataReference",
}
META_ROW = {
    "StartDate": "2026-08-10 10:00:00",
    "EndDate": "2026-08-10 10:10:00",
    "Status": "IP Address",
    "IPAddress": "203.0.113.9",
    "Progress": "100",
    "Duration (in seconds)": "600",
    "Finished": "True",
    "RecipientEmail": "ann@example.org",
}
ANSWERS = {
    "scr_ok": "Yes",
    "scr_role": "Owner",
    "emp": "10",
    "emp_tech": "4",
    "part_a": "60",
    "part_b": "40",
    "grow_pct": "20",
    "price_user_month": "100",
    "tools_edr": "Device protection",
    "tools_mfa": "",
    "tools_dk": "",
    "has_plan": "Yes",
    "plan_age": "2",
    "v1": "Agree",
    "v2": "Disagree",
    "note": "",
}


def small_instrument(folder: Path) -> Instrument:
    path = folder / "small.yaml"
    path.write_text(INSTRUMENT, encoding="utf-8")
    return load_instrument(path)


def work_of(folder: Path, *rows: dict[str, str], settings: dict | None = None) -> Work:
    """Responses that differ from ``ANSWERS`` in the cells given; keys in capitals are metadata."""
    instrument = small_instrument(folder)
    order = [v.name for v in instrument]
    cells = [{**ANSWERS, **{k: v for k, v in row.items() if k.islower()}} for row in rows]
    answers = pd.DataFrame(cells).reindex(columns=order).fillna("").astype("str")
    size = len(rows)
    start = pd.Series([pd.Timestamp("2026-08-10 14:00", tz="UTC")] * size).dt.as_unit("us")
    meta = pd.DataFrame(
        {
            "row": range(1, size + 1),
            "resp_id": [row.get("RESP_ID", f"R{i}") for i, row in enumerate(rows, 1)],
            "sample_id": [row.get("SAMPLE_ID", f"S{i}") for i, row in enumerate(rows, 1)],
            "started": start,
            "ended": start + pd.Timedelta(minutes=10),
            "duration_s": [float(row.get("SECONDS", "600")) for row in rows],
            "finished": [row.get("FINISHED", "yes") == "yes" for row in rows],
            "status": [row.get("STATUS", "real") for row in rows],
        }
    )
    missing = pd.DataFrame("", index=answers.index, columns=order, dtype="str")
    field = (dt.date(2026, 8, 3), dt.date(2026, 10, 16))
    return Work(
        "msps", instrument, answers, missing, meta, {"field": field, **(settings or {})}, "N/A"
    )


def csv_text(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def qualtrics_rows(instrument: Instrument, *rows: dict[str, str]) -> list[list[str]]:
    """Three header rows and one row for each response."""
    names = list(ANSWERS)
    head = [*QUALTRICS_META, *names]
    wording = [*QUALTRICS_META, *(instrument[n].text for n in names)]
    marks = [
        json.dumps({"ImportId": i, **({"timeZone": "America/New_York"} if "Date" in i else {})})
        for i in (*QUALTRICS_META.values(), *(f"QID{k}" for k, _ in enumerate(names)))
    ]
    body = []
    for number, row in enumerate(rows, 1):
        base = {"ResponseId": f"R{number}", "ExternalReference": f"S{number}"}
        cells = {**META_ROW, **base, **ANSWERS, **row}
        body.append([cells[name] for name in head])
    return [head, wording, marks, *body]
