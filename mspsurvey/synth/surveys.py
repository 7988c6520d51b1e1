"""Each survey from its sample to the text of its export, and the log of what was spoilt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.keyed import DEMO_KEY, DOMAIN_CODE_LENGTH
from mspsurvey.synth import model
from mspsurvey.synth.answers.fill import Filled
from mspsurvey.synth.answers.forms import client_forms, msp_forms, screened_out, stacked
from mspsurvey.synth.export import cells as c
from mspsurvey.synth.export.platforms import (
    LIMESURVEY_META,
    QUALTRICS_META,
    limesurvey_text,
    qualtrics_text,
)
from mspsurvey.synth.mess import twins
from mspsurvey.synth.mess.log import Mess
from mspsurvey.synth.mess.spoil import spoil
from mspsurvey.synth.population.draw import Population

ANSWERED = ("complete", "partial", "break_off")
SCREENED_SHARE = {"msps": 0.45, "clients": 0.40}
"""Of the sampled that turn out ineligible, those who opened the form and were turned away."""
DECLINED = {"msps": 30, "clients": 60}
"""Refusals that opened the form and said no to taking part."""
PASSED_SCREENER = 15
"""Ineligible firms that got through: no contract clients after all."""
MINUTES = {"msps": 21 * 60, "clients": 13 * 60, "pairs": 13 * 60}
"""Median seconds for the whole form."""


@dataclass(frozen=True)
class Drawn:
    """One survey: the text of its export, the log of its errors, rows by fate.

    ``domains`` holds the web domain that each firm of the population gave, by its row there.
    """

    text: str
    log: pd.DataFrame
    rows: int
    domains: Mapping[int, str] = field(default_factory=dict)


def msp_survey(
    rng: np.random.Generator, instrument: Instrument, population: Population, firms: pd.DataFrame
) -> Drawn:
    """Answers of the firm sample as a Qualtrics export."""
    answered = np.flatnonzero(firms["disposition"].isin(ANSWERED))
    false = rng.permutation(np.flatnonzero(firms["disposition"] == "ineligible"))
    passed, false = false[:PASSED_SCREENER], false[PASSED_SCREENER:]
    out = false[: round(SCREENED_SHARE["msps"] * len(false))]
    no = rng.choice(
        np.flatnonzero(firms["disposition"] == "refusal"), DECLINED["msps"], replace=False
    )
    # Ineligible records have no row in the population: they answer as some firm or other.
    source = firms["firm"].to_numpy().copy()
    source[passed] = rng.integers(0, len(population.msps), len(passed))
    rows = np.concatenate([answered, passed])
    respondents = population.msps.iloc[source[rows]].reset_index(drop=True)
    respondents.loc[len(answered) :, ["clients", "headroom"]] = 0
    fates = firms["disposition"].to_numpy()[rows]
    forms = msp_forms(rng, instrument, respondents, fates)
    failing = [
        *np.where(rng.random(len(out)) < 0.7, "scr_contract", "scr_access"),
        *["scr_consent"] * len(no),
    ]
    sites = zip(source[rows], forms.answers["firm_domain"], strict=True)
    domains = {int(firm): site for firm, site in sites if site is not None}
    filled = stacked(forms, screened_out(instrument, failing))
    rows = np.concatenate([rows, out, no])
    units = firms.iloc[rows]
    start, end, seconds = _times(rng, filled, units["contact_day"].to_numpy(), "msps")
    done = ~units["disposition"].isin(("partial", "break_off")).to_numpy()
    table = _qualtrics_meta(rng, filled, start, end, seconds, done)
    table["ExternalReference"] = units["sample_id"].to_numpy(dtype=object)
    labels = c.label_cells(filled, instrument)
    cells = c.Cells({**table, **labels}, {n: instrument[n] for n in labels}, "ResponseId")
    dates = ("StartDate", "EndDate", "RecordedDate")
    log = _rows_and_errors(
        rng, cells, "msps", complete=np.flatnonzero(fates == "complete"), dates=dates,
        address="IPAddress", text="open_final",
    )  # fmt: skip
    return Drawn(qualtrics_text(cells, instrument), log, len(cells), domains)


def client_survey(
    rng: np.random.Generator,
    instrument: Instrument,
    population: Population,
    invited: pd.DataFrame,
    source: str,
    domains: Mapping[int, str],
) -> Drawn:
    """Answers of a client sample as a LimeSurvey export.

    The web domain of a client's provider is that which the provider gave (``domains``), in
    code; a provider that gave none has one that nobody else has.
    """
    invited = invited.assign(provider=[_provider_code(k, domains) for k in invited["msp"]])
    fates = invited["disposition"].to_numpy()
    rows = np.flatnonzero(np.isin(fates, ANSWERED))
    false = rng.permutation(np.flatnonzero(fates == "ineligible"))
    out = false[: round(SCREENED_SHARE["clients"] * len(false))]
    refused = rng.permutation(np.flatnonzero(fates == "refusal"))[: DECLINED["clients"]]
    forms = client_forms(
        rng, instrument, invited.iloc[rows].reset_index(drop=True), population.msps, fates[rows]
    )
    failing = [
        *np.where(rng.random(len(out)) < 0.8, "scr_employer", "scr_decider"),
        *["scr_consent"] * len(refused),
    ]
    filled = stacked(forms, screened_out(instrument, failing))
    n_complete = np.flatnonzero(fates[rows] == "complete")
    rows = np.concatenate([rows, out, refused])
    day = rng.integers(0, model.FIELD_DAYS - 12, len(rows))
    start, end, _ = _times(rng, filled, day, source)
    done = ~np.isin(fates[rows], ("partial", "break_off"))
    table = _limesurvey_meta(rng, filled, instrument, start, end, done)
    table["token"] = invited["sample_id"].to_numpy(dtype=object)[rows]
    answers, variables = c.code_cells(filled, instrument)
    cells = c.Cells({**table, **answers}, variables, "id")
    log = _rows_and_errors(
        rng, cells, source, complete=n_complete,
        dates=("startdate", "submitdate", "datestamp"), address="ipaddr", text="open_final",
    )  # fmt: skip
    return Drawn(limesurvey_text(cells), log, len(cells))


def _provider_code(firm: int, domains: Mapping[int, str]) -> str:
    domain = domains.get(firm, f"firm-{firm}.example.org")
    return DEMO_KEY.code("domain", domain, length=DOMAIN_CODE_LENGTH)


def _rows_and_errors(
    rng: np.random.Generator,
    cells: c.Cells,
    source: str,
    *,
    complete: np.ndarray,
    dates: tuple[str, ...],
    address: str,
    text: str,
) -> pd.DataFrame:
    """Add rows that should not count, order by time, name the responses, spoil cells."""
    qualtrics = cells.id_column == "ResponseId"
    pairs = twins.add_twins(rng, cells, complete, dates=dates, address=address)
    personal = "ExternalReference" if qualtrics else "token"
    tests = twins.trial_rows(rng, cells, complete, text=text, blank=(personal,))
    if qualtrics:
        cells.table["Status"][tests] = "Survey Preview"
        cells.table["DistributionChannel"][tests] = "preview"
    order = np.argsort(cells.table[dates[0]], kind="stable")
    place = np.argsort(order)
    twins.reorder(cells, order)
    cells.table[cells.id_column] = _names(rng, len(cells), qualtrics=qualtrics)
    mess = Mess(rng, cells, source, labels=qualtrics)
    names = cells.table[cells.id_column]
    for kind, original, copy in pairs:
        row = int(place[copy])
        mess.note(row, cells.id_column, kind, str(names[place[original]]), str(names[row]))
    for test in tests:
        row = int(place[test])
        mess.note(row, cells.id_column, "test_row", "", str(names[row]))
    duration = "Duration (in seconds)" if qualtrics else ""
    times = (*dates[:2],) if qualtrics else dates
    spoil(mess, dates=times, duration=duration)
    for row in twins.reexport(rng, cells):
        mess.note(row, cells.id_column, "exact_duplicate", str(names[row]), str(names[row]))
    return mess.frame()


def _names(rng: np.random.Generator, n: int, *, qualtrics: bool) -> np.ndarray:
    if qualtrics:
        return c.response_ids(rng, n)
    # LimeSurvey counts upwards, and leaves gaps where responses were deleted.
    steps = 1 + (rng.random(n) < 0.04)
    return np.array([str(k) for k in np.cumsum(steps)], dtype=object)


def _times(
    rng: np.random.Generator, filled: Filled, day: np.ndarray, source: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    seconds = c.durations(rng, filled.share_reached, median_s=MINUTES[source])
    start, end = c.field_times(rng, day, model.FIELD_START[source], seconds)
    return start, end, seconds


def _qualtrics_meta(
    rng: np.random.Generator,
    filled: Filled,
    start: np.ndarray,
    end: np.ndarray,
    seconds: np.ndarray,
    done: np.ndarray,
) -> dict[str, np.ndarray]:
    """Columns of the platform; open responses are recorded a week later, as Qualtrics does."""
    n = len(start)
    table = {name: np.full(n, "", dtype=object) for name in QUALTRICS_META}
    part = np.clip(np.rint(100 * filled.share_reached), 1, 99)
    wait = np.where(done, 1, 7 * 86_400).astype("timedelta64[s]")
    latitude = np.round(rng.uniform(26, 48, n), 1).astype(str)
    longitude = np.round(rng.uniform(-122, -71, n), 1).astype(str)
    return table | {
        "StartDate": c.stamps(start),
        "EndDate": c.stamps(end),
        "Status": np.full(n, "IP Address", dtype=object),
        "IPAddress": c.addresses(rng, n),
        "Progress": np.where(done, 100, part).astype(int).astype(str).astype(object),
        "Duration (in seconds)": seconds.astype(str).astype(object),
        "Finished": np.where(done, "True", "False").astype(object),
        "RecordedDate": c.stamps(end + wait),
        "LocationLatitude": latitude.astype(object),
        "LocationLongitude": longitude.astype(object),
        "DistributionChannel": np.full(n, "email", dtype=object),
        "UserLanguage": np.full(n, "EN", dtype=object),
    }


def _limesurvey_meta(
    rng: np.random.Generator,
    filled: Filled,
    instrument: Instrument,
    start: np.ndarray,
    end: np.ndarray,
    done: np.ndarray,
) -> dict[str, np.ndarray]:
    n = len(start)
    table = {name: np.full(n, "", dtype=object) for name in LIMESURVEY_META}
    blocks = [instrument[name].block for name in filled.reached]
    page = pd.Series(blocks).factorize()[0] + 1
    asked = np.array([b != "paradata" for b in blocks])
    reached = np.stack(list(filled.reached.values()), axis=1)
    last = (reached * (page * asked)).max(axis=1)
    ended = c.stamps(end)
    return table | {
        "submitdate": np.where(done, ended, "").astype(object),
        "lastpage": last.astype(str).astype(object),
        "startlanguage": np.full(n, "en", dtype=object),
        "seed": rng.integers(10**6, 10**9, n).astype(str).astype(object),
        "startdate": c.stamps(start),
        "datestamp": ended,
        "ipaddr": c.addresses(rng, n),
    }
