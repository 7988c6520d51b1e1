"""Designs that are drawn at random, against R's survey, all in one run of R.

Strata, PSUs, second-stage units and rows are drawn without replacement, with an fpc at every
stage, single units among them; what R says of each design is compared line by line.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey

SEEDS = range(6)
RTOL = 1e-9

# R 4.2.2, survey 4.1-1.
SCRIPT = """
suppressMessages(library(survey)); options(survey.lonely.psu = "adjust", warn = -1)
files <- commandArgs(TRUE)
for (file in files) {
  f <- read.csv(file, stringsAsFactors = TRUE); key <- basename(file)
  f$row <- seq_len(nrow(f)); f$k <- factor(f$k)
  say <- function(name, x) cat(sprintf("%s %s %.17g\\n", key, name, x), sep = "")
  both <- function(name, s) { say(name, coef(s)); say(paste0(name, ".se"), SE(s)) }
  three <- svydesign(~psu + ssu + row, strata = ~h, fpc = ~N1 + N2 + N3, weights = ~w,
                     data = f, nest = TRUE)
  two <- svydesign(~psu + ssu, strata = ~h, fpc = ~N1 + N2, weights = ~w, data = f, nest = TRUE)
  one <- svydesign(~psu, strata = ~h, weights = ~w, data = f, nest = TRUE)
  rows <- svydesign(~1, strata = ~h, weights = ~w, data = f)
  for (d in c("three", "two", "one", "rows")) {
    design <- get(d)
    both(paste0(d, ".mean"), svymean(~y + z, design, na.rm = FALSE))
    both(paste0(d, ".gap"), svymean(~gap, design, na.rm = TRUE))
    both(paste0(d, ".total"), svytotal(~y, design))
    r <- svyratio(~y, ~z, design); both(paste0(d, ".ratio"), r)
    both(paste0(d, ".share"), svymean(~k, design))
    both(paste0(d, ".by"), svyby(~y, ~g, design, svymean))
    both(paste0(d, ".var"), svyvar(~y, design))
    q <- svyquantile(~y, design, c(.2, .5, .9)); both(paste0(d, ".quantile"), q)
    say(paste0(d, ".limits"), confint(q)[, 1])
    say(paste0(d, ".df"), c(degf(design), sapply(levels(f$g), function(g)
      degf(design[f$g == g, ]))))
    b <- svyby(~y, ~g, design, svymean, covmat = TRUE)
    both(paste0(d, ".contrast"), svycontrast(b, c(1, -0.5, -0.5)))
    both(paste0(d, ".function"), svycontrast(svymean(~y + z, design), quote(log(y / z))))
    say(paste0(d, ".deff"), deff(svymean(~y, design, deff = TRUE)))
    say(paste0(d, ".deff"), deff(svymean(~y, design, deff = "replace")))
    pair <- update(design, g = factor(ifelse(g == "c", NA, as.character(g))))
    for (t in list(svyttest(y ~ g, pair), svyranktest(gap ~ g, pair), svychisq(~k + g, design)))
      say(paste0(d, ".tests"), c(t$statistic, t$p.value))
  }
  jkn <- as.svrepdesign(one, type = "JKn")
  own <- svrepdesign(weights = ~w, repweights = f[, grep("^b[0-9]", names(f))], data = f,
                     type = "other", scale = 1 / (sum(grepl("^b[0-9]", names(f))) - 1),
                     rscales = 1, mse = TRUE)
  for (d in c("jkn", "own")) {
    design <- get(d)
    both(paste0(d, ".mean"), svymean(~y + z, design))
    both(paste0(d, ".ratio"), svyratio(~y, ~z, design))
    both(paste0(d, ".by"), svyby(~y, ~g, design, svymean))
    v <- svyvar(~y, design); say(paste0(d, ".var"), as.vector(v))
    say(paste0(d, ".var.se"), sqrt(as.vector(attr(v, "var"))))
  }
}
"""


def drawn(seed: int) -> pd.DataFrame:
    """Draw a sample in three stages from a population of nested units."""
    rng = np.random.default_rng(seed)
    rows = []
    for h in range(int(rng.integers(2, 5))):
        psus, population = int(rng.integers(2, 7)), int(rng.integers(8, 20))
        for psu in range(psus):
            effect = rng.normal(0, 5)
            ssus = int(rng.integers(1 if seed % 2 else 2, 4))
            all_ssus = ssus + int(rng.integers(0, 6))
            for ssu in range(ssus):
                people = int(rng.integers(2, 5))
                all_people = people + int(rng.integers(0, 9))
                chance = psus / population * ssus / all_ssus * people / all_people
                for _ in range(people):
                    y = 50 + effect + rng.normal(0, 8)
                    rows.append(
                        (
                            f"h{h}",
                            psu,
                            ssu,
                            population,
                            all_ssus,
                            all_people,
                            rng.uniform(0.8, 1.2) / chance,
                            y,
                            20 + 0.2 * y + rng.normal(),
                        )
                    )
    columns = ["h", "psu", "ssu", "N1", "N2", "N3", "w", "y", "z"]
    frame = pd.DataFrame(rows, columns=columns).round(4)
    frame["gap"] = frame["y"].where(rng.random(len(frame)) < 0.8)
    frame["g"] = np.r_[list("abc"), rng.choice(list("abc"), len(frame) - 3)]
    frame["k"] = rng.choice(["no", "some", "yes"], len(frame))
    return frame


def surveys(frame: pd.DataFrame) -> dict[str, Survey]:
    how = {"weights": "w", "strata": "h", "lonely_psu": "adjust"}
    ids = ["psu", "ssu"]
    return {
        "three": Survey(frame, psu=ids, fpc=["N1", "N2", "N3"], **how),
        "two": Survey(frame, psu=ids, fpc=["N1", "N2"], **how),
        "one": Survey(frame, psu="psu", **how),
        "rows": Survey(frame, **how),
    }


def both(found: dict[str, list[float]], name: str, est: Estimates) -> None:
    found[name] = est.data["estimate"].tolist()
    found[f"{name}.se"] = est.data["se"].tolist()


def asked(name: str, survey: Survey) -> dict[str, list[float]]:
    """Ask one survey what R is asked of the same design."""
    found: dict[str, list[float]] = {}
    both(found, f"{name}.mean", survey.mean(["y", "z"]))
    both(found, f"{name}.ratio", survey.ratio("y", "z"))
    both(found, f"{name}.by", survey.mean("y", by="g"))
    both(found, f"{name}.var", survey.variance("y"))
    if survey.design.replicates is not None:
        return found
    both(found, f"{name}.gap", survey.mean("gap"))
    both(found, f"{name}.total", survey.total("y"))
    both(found, f"{name}.share", survey.share("k"))
    quantiles = survey.quantile("y", [0.2, 0.5, 0.9])
    both(found, f"{name}.quantile", quantiles)
    found[f"{name}.limits"] = quantiles.data["low"].tolist()
    by = survey.mean("y", by="g")
    found[f"{name}.df"] = [survey.df, *by.data["df"]]
    both(found, f"{name}.contrast", by.contrast({"a": 1, "b": -0.5, "c": -0.5}))
    both(found, f"{name}.function", survey.mean(["y", "z"]).function("log(y / z)"))
    found[f"{name}.deff"] = [survey.mean("y", deff=k).data["deff"][0] for k in ("wor", "wr")]
    tests = [
        survey.test("y", by="g", groups=["a", "b"]),
        survey.test("gap", by="g", groups=["a", "b"], method="rank"),
        survey.test("k", by="g"),
    ]
    found[f"{name}.tests"] = [number for t in tests for number in (t.statistic, t.p)]
    return found


@pytest.mark.r
def test_designs_drawn_at_random_give_what_r_gives(tmp_path: Path) -> None:
    files, ours = [], {}
    for seed in SEEDS:
        frame = drawn(seed)
        made = surveys(frame)
        boot = made["one"].replicate("bootstrap", n=30, seed=seed, mse=True)
        assert boot.design.replicates is not None
        weights = {f"b{k}": boot.design.replicates.weights(k) for k in range(30)}
        made |= {"jkn": made["one"].replicate("JKn"), "own": boot}
        file = tmp_path / f"s{seed}"
        frame.assign(**weights).to_csv(file, index=False, float_format="%.17g")
        files.append(str(file))
        for name, survey in made.items():
            ours |= {f"s{seed} {k}": v for k, v in asked(name, survey).items()}
    script = tmp_path / "ask.R"
    script.write_text(SCRIPT)
    done = subprocess.run(
        ["Rscript", str(script), *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    theirs: dict[str, list[float]] = {}
    for line in done.stdout.splitlines():
        seed, name, value = line.split()
        theirs.setdefault(f"{seed} {name}", []).append(float(value))
    assert len(theirs) > 500
    assert set(theirs) == set(ours)
    for key, expected in theirs.items():
        np.testing.assert_allclose(ours[key], expected, rtol=RTOL, atol=1e-12, err_msg=key)
