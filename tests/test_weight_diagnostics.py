"""Before and after weighting, as tables and as a chart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from weight_cases import TWELVE, M, twelve

import mspsurvey as ms
from mspsurvey.errors import PublicationError, WeightError
from mspsurvey.inference.survey import Survey


def large() -> Survey:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"m": rng.choice(["no", "yes"], 400, p=[0.7, 0.3]), "w": 10.0})
    frame["y"] = 5 + 3.0 * frame["m"].eq("yes") + rng.normal(size=400)
    raked = ms.weight.rake(Survey(frame, weights="w"), {"m": {"no": 2000.0, "yes": 2000.0}})
    return ms.weight.trim(raked, raked.design.weights.max() * 0.97)


def test_each_step_has_a_row_with_what_it_cost() -> None:
    survey = ms.weight.rake(twelve(), M)
    steps = ms.weight.diagnose(survey).steps
    assert steps["step"].tolist() == ["start", "rake"]
    assert steps["column"].tolist() == ["w", "w_rake"]
    w = survey.design.weights
    assert steps["sum"].tolist() == pytest.approx([78, 85])
    assert steps["deff_kish"][1] == pytest.approx(12 * (w**2).sum() / w.sum() ** 2)
    assert steps["n_eff"][1] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert steps["largest"][1] == pytest.approx(10 * 40 / 36)
    assert steps["off"][1] == pytest.approx(0, abs=1e-12)


def test_margins_stand_beside_their_targets_before_and_after() -> None:
    margins = ms.weight.diagnose(ms.weight.rake(twelve(), M)).margins
    assert margins["level"].tolist() == ["n", "y"]
    assert margins["n"].tolist() == [6, 6]
    assert margins["before"].tolist() == [36, 42]
    assert margins["off_before"].tolist() == pytest.approx([-4 / 40, -3 / 45])
    assert margins["off_after"].tolist() == pytest.approx([0, 0], abs=1e-12)


def test_the_real_design_effect_sees_what_calibration_gains() -> None:
    found = ms.weight.diagnose(large(), ["y", "m"]).outcomes
    y = found[found["item"].eq("y")].set_index("step")["deff"]
    # m explains most of y: raking to it more than pays for unequal weights.
    assert y["rake"] < 0.6 * y["start"]
    assert set(found["step"]) == {"start", "rake", "trim"}
    assert set(found.loc[found["item"].eq("m"), "level"]) == {"no", "yes"}


def test_a_survey_that_was_not_weighted_here_has_nothing_to_show() -> None:
    with pytest.raises(WeightError, match="no steps of weighting"):
        ms.weight.diagnose(twelve())


def test_the_footer_of_an_estimate_names_the_steps() -> None:
    footer = large().mean("y").footer
    assert "raked to m, then trimmed" in footer


def test_estimates_before_and_after_are_those_of_the_surveys() -> None:
    survey = large()
    before, after = ms.weight.before_and_after(survey, ["m"])
    raw = survey.frame["m"].value_counts(normalize=True)
    assert before.data["estimate"].tolist() == pytest.approx([raw["no"], raw["yes"]])
    assert after.data["estimate"].tolist() == survey.share("m").data["estimate"].tolist()


def test_shares_and_design_effects_are_drawn_before_and_after() -> None:
    shares = ms.chart.weight_chart(large(), "m")
    assert "Before weighting" in shares.alt
    effects = ms.chart.weight_chart(large(), ["y"], show="effects")
    assert "design effect" in effects.alt
    with pytest.raises(PublicationError, match="show is one of"):
        ms.chart.weight_chart(large(), "m", show="margins")
    with pytest.raises(WeightError, match="Items of one kind"):
        ms.chart.weight_chart(large(), ["m", "y"], show="effects")


def test_replicates_of_a_weighted_survey_go_through_all_its_steps() -> None:
    survey = ms.weight.rake(twelve(), M)
    made = ms.weight.replicate(survey, kind="JKn").design.replicates
    assert made is not None
    for number in range(made.count):
        sums = pd.Series(made.weights(number)).groupby(TWELVE["m"]).sum()
        assert sums.to_dict() == pytest.approx(M["m"])
    plain = ms.weight.replicate(twelve(), kind="JKn")
    assert plain.mean("y").data["se"][0] == pytest.approx(
        twelve().replicate("JKn").mean("y").data["se"][0]
    )
