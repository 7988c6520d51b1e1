"""From the processed tables back to the raw answers, cell for cell."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from intake_sample import ANSWERS, small_instrument, work_of
from test_intake import study

from mspsurvey.intake.clean import clean
from mspsurvey.intake.hand_on import hand_on
from mspsurvey.intake.rebuild import EVERYWHERE, find_spellings, rebuild
from mspsurvey.intake.rules.labels import Decoder
from mspsurvey.intake.shown import REDACTED, number_text
from mspsurvey.intake.tables import missing_table, response_table
from mspsurvey.intake.take_in import take_in
from mspsurvey.intake.work import Log, change_table, quarantine_table
from mspsurvey.schema import Processed

STORED = [name for name in ANSWERS if name != "note"]
MESS = {
    "scr_role": ["Owner", "owner", " Owner", "Technician", "tech", "Ownr", "boss", "", "N/A", "-"],
    "emp": ["10", "10.0", "010", "1,200", "1.2k", "about 50", "10-15", "-3", "lots", "", "n/a"],
    "emp_tech": ["4", "8000", "a dozen", "none", "N/A", "1e2", "call 504-555-0100"],
    "part_a": ["60", "65", ".6", "600", "80", "", "50%"],
    "part_b": ["40", ".4", "60", ""],
    "grow_pct": ["20", ".35", "350", "~30%", "half"],
    "price_user_month": ["100", "$1,250.50", "£100", "1200 per year", "99999", "ann@example.org"],
    "tools_edr": ["Device protection", "", "N/A", "1", "0", "yes"],
    "tools_mfa": ["Second login step", "", "x"],
    "tools_dk": ["Don't know", "Don’t know", ""],
    "has_plan": ["Yes", "YES", "No", "no ", "", "Yse"],
    "plan_age": ["2", "two", "", "N/A", "=1+1"],
    "v1": ["Agree", "Stronlgy agree", "3", "Don't know", "donâ€™t know", "", "Maybe"],
    "v2": ["Disagree", "Agree  ", "4", ""],
}


def tables(folder, *rows):
    """Raw cells of the responses that are kept, and what cleaning makes of them."""
    work = work_of(folder, *rows, settings={"exchange": {"GBP": 1.25}})
    raw = work.answers.set_axis(work.meta["row"].to_numpy())
    done, log = clean(work, Log())
    done = done.take(~done.meta["row"].isin(quarantine_table(log)["row"]))
    flags = pd.Series("", index=done.answers.index, dtype="str")
    kept = response_table(done, flags), missing_table(done)
    changes = change_table(log)
    spellings = find_spellings(raw, *kept, changes, work.instrument, "msps")
    return raw.loc[done.meta["row"], STORED], kept, changes, spellings, work.instrument


def rebuilt(raw, kept, changes, spellings, instrument):
    back = rebuild(*kept, changes, spellings, instrument)
    assert list(back.columns) == list(raw.columns)
    return back


MESSY_ROW = st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in MESS.items()})
# Many rows an example and no shrinking: cleaning takes the same time for one row as for fifty.
FEW = settings(deadline=None, max_examples=5, phases=[Phase.generate])


@FEW
@given(st.lists(MESSY_ROW, min_size=20, max_size=50))
def test_any_mess_is_found_again(rows):
    with tempfile.TemporaryDirectory() as folder:
        raw, *rest = tables(Path(folder), *rows)
    back = rebuilt(raw, *rest)
    hidden = back.eq(REDACTED)
    pd.testing.assert_frame_equal(back.mask(hidden, ""), raw.mask(hidden, ""))
    # Only what looks personal is not found again.
    assert set(raw.to_numpy()[hidden.to_numpy()]) <= {"call 504-555-0100", "ann@example.org"}


@FEW
@given(st.lists(MESSY_ROW, min_size=20, max_size=50))
def test_the_last_change_of_a_cell_is_what_is_stored(rows):
    with tempfile.TemporaryDirectory() as folder:
        _, (responses, _), changes, _, instrument = tables(Path(folder), *rows)
    last = changes.drop_duplicates(["row", "variable"], keep="last")
    values = responses.set_index("row")
    for row, name, new in last[["row", "variable", "new"]].itertuples(index=False):
        if row in values.index and new != REDACTED and instrument[name].kind != "tick":
            value = values.loc[row, name]
            assert said(instrument[name], new) == (None if pd.isna(value) else value)


def said(variable, text):
    """Value that a text of the log stands for: a code, a label of one, a number, or none."""
    if variable.categorical:
        code = Decoder(variable, None).exact.get(text)
        return code if code in variable.levels else None
    return float(text) if text not in ("", "N/A") else None


def test_a_tidy_export_needs_only_the_words_of_its_ticks(tmp_path):
    _, _, changes, spellings, _ = tables(tmp_path, {}, {"v1": "Don't know"})
    assert changes.empty
    assert spellings["row"].eq(EVERYWHERE).all()
    said = {
        (v, c or m): t
        for _, v, _, c, m, t in spellings.itertuples(index=False)
    }  # fmt: skip
    assert said == {
        ("tools_edr", "yes"): "Device protection", ("tools_mfa", "no"): "",
        ("tools_dk", "no"): "", ("v1", "dont_know"): "Don't know",
    }  # fmt: skip


def test_a_code_among_labels_is_one_cell_of_its_own(tmp_path):
    _, _, changes, spellings, _ = tables(tmp_path, {}, {}, {"v1": "3"})
    assert changes.empty
    single = spellings[spellings["row"].ne(EVERYWHERE)]
    assert single[["variable", "row", "text"]].to_numpy().tolist() == [["v1", 3, "3"]]


def test_the_log_keeps_long_texts_and_formulas_whole(tmp_path):
    long = "=" + "very " * 40 + "many"
    _, _, changes, _, _ = tables(tmp_path, {"emp": long})
    assert changes.loc[changes["variable"].eq("emp"), "old"].tolist() == [long]


def test_a_raw_file_is_rebuilt_from_what_was_written(tmp_path):
    rows = [
        {"emp": "about 50", "v1": "Stronlgy agree", "plan_age": "two"},
        {"scr_role": "Technician", "emp": "1,200", "price_user_month": "$90", "v2": "4"},
        {"scr_ok": "No"},
        {"has_plan": "No", "plan_age": "3", "note": "I am Ann Example"},
    ]
    config = study(tmp_path, *rows)
    hand_on(take_in(config), config)
    written = Processed(config.processed)
    kept = [pd.read_parquet(f) for f in (written.responses("msps"), written.missing("msps"))]
    logs = [pd.read_parquet(written.log(name)) for name in ("changes", "spellings")]
    back = rebuild(*kept, *logs, small_instrument(tmp_path))
    with (tmp_path / "export.csv").open(encoding="utf-8") as file:
        records = list(csv.DictReader(file))[2:]
    assert back.index.tolist() == [1, 2, 4]
    for number, row in back.iterrows():
        assert row.to_dict() == {name: records[number - 1][name] for name in STORED}


@pytest.mark.parametrize("value", [0.1, 1e300, 12.0, -0.5, 1 / 3])
def test_a_number_is_written_so_that_it_reads_back(value):
    assert float(number_text(value)) == value
