"""The demo study: one population, three surveys drawn from it, their files and their truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.files import write_whole
from mspsurvey.instrument import Instrument
from mspsurvey.schema import write_table
from mspsurvey.synth import model, sample
from mspsurvey.synth.export.platforms import plain_text
from mspsurvey.synth.population.draw import Population, draw_population
from mspsurvey.synth.population.truth import truth as true_figures
from mspsurvey.synth.readme import readme
from mspsurvey.synth.surveys import client_survey, msp_survey


def synth(
    out: Path,
    truth: Path,
    *,
    scenario: str = "mnar_moderate",
    seed: int = model.WORLD_SEED,
    msp: Instrument,
    client: Instrument,
) -> None:
    """Draw the synthetic study and write all its files.

    The population is always the same one, so that the margins hold for every draw; the
    seed is that of the samples, the answers and the errors. The same seed and instruments
    give the same bytes.

    Parameters
    ----------
    out : Path
        Folder of the raw files.
    truth : Path
        Folder of ``truth.json`` and ``injected.parquet``, which only tests may read.
    scenario : str, default "mnar_moderate"
        Who answers: a key of ``model.SCENARIOS``.
    seed : int
        Seed of the draw.
    msp, client : Instrument
        The two questionnaires.

    Raises
    ------
    DefinitionError
        Where the scenario is unknown, or the model has codes that an instrument has not.
    """
    if scenario not in model.SCENARIOS:
        raise DefinitionError(
            f"One of the scenarios {', '.join(model.SCENARIOS)} was wanted.",
            f"It is '{scenario}'.",
            did_you_mean(scenario, model.SCENARIOS),
        )
    population = draw_population(model.WORLD_SEED)
    texts, logs, counts = draw_study(population, scenario, seed, msp, client)
    for name, text in texts.items():
        write_whole(out / name, text)
    figures = {"scenario": scenario, "seed": seed, **true_figures(population), "files": counts}
    write_whole(truth / "truth.json", json.dumps(figures, indent=1, sort_keys=True) + "\n")
    write_table(logs, truth / "injected.parquet")


def draw_study(
    population: Population, scenario: str, seed: int, msp: Instrument, client: Instrument
) -> tuple[dict[str, str], pd.DataFrame, dict[str, dict[str, int]]]:
    """Draw the three surveys; texts by file name, the log of errors, and counts."""
    streams = np.random.default_rng(seed).spawn(8)
    frame = sample.firm_frame(streams[0], population.msps)
    firms = sample.firm_sample(streams[1], frame, population.msps, scenario)
    firms["sample_id"] = _ids("F", len(frame))[firms["frame_row"]]
    invited = sample.client_sample(streams[2], population.clients)
    invited["sample_id"] = _ids("C", len(invited))
    pairs = sample.referral_pairs(streams[3], firms, population.clients)
    pairs["sample_id"] = _ids("R", len(pairs))
    drawn = {"msps": msp_survey(streams[4], msp, population, firms)}
    sites = drawn["msps"].domains
    for stream, name, asked in ((streams[5], "clients", invited), (streams[6], "pairs", pairs)):
        drawn[name] = client_survey(stream, client, population, asked, name, sites)
    texts = {
        "msp_survey.csv": drawn["msps"].text,
        "msp_sample.csv": _firm_sample_text(firms),
        "msp_frame.csv": _firm_frame_text(frame),
        "client_survey.csv": drawn["clients"].text,
        "client_sample.csv": _columns(invited, ("sample_id", "stratum", "sector", "disposition")),
        "client_frame.csv": _client_frame_text(population.clients, invited),
        "referral_survey.csv": drawn["pairs"].text,
        "referral_sample.csv": _columns(
            pairs.assign(msp_sample_id=firms["sample_id"].to_numpy()[pairs["msp_row"]]),
            ("sample_id", "msp_sample_id", "disposition"),
        ),
    }
    counts = {name: {"rows": d.rows, "errors": len(d.log)} for name, d in drawn.items()}
    for name, table in (("msps", firms), ("clients", invited), ("pairs", pairs)):
        found = table["disposition"].value_counts()
        counts[name] |= {str(k): int(found[k]) for k in sorted(found.index)}
    texts["README.md"] = readme(scenario, seed, counts)
    return texts, pd.concat([d.log for d in drawn.values()], ignore_index=True), counts


def _ids(letter: str, n: int) -> np.ndarray:
    return np.array([f"{letter}{k:05d}" for k in range(1, n + 1)], dtype=object)


def _columns(table: pd.DataFrame, names: tuple[str, ...]) -> str:
    return plain_text({n: table[n].astype(str).to_numpy(dtype=object) for n in names})


def _firm_sample_text(firms: pd.DataFrame) -> str:
    first = np.datetime64(model.FIELD_START["msps"])
    days = first + firms["contact_day"].to_numpy().astype("timedelta64[D]")
    table = firms.assign(last_contact=days.astype(str))
    names = ("sample_id", "stratum", "area", "state", "disposition", "attempts", "last_contact")
    return _columns(table, names)


def _firm_frame_text(frame: pd.DataFrame) -> str:
    table = frame.assign(sample_id=_ids("F", len(frame)))
    return _columns(table, ("sample_id", "stratum", "area", "state"))


def _client_frame_text(clients: pd.DataFrame, invited: pd.DataFrame) -> str:
    sizes = pd.Series(sample.client_strata(clients)).value_counts().sort_index()
    table = pd.DataFrame(
        {
            "stratum": sizes.index,
            "stratum_size": sizes.to_numpy() * model.CLIENT_SCALE,
            "sampled": invited["stratum"].value_counts().reindex(sizes.index).to_numpy(),
        }
    )
    return _columns(table, ("stratum", "stratum_size", "sampled"))
