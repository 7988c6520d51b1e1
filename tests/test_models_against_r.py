"""Models against R's survey 4.1-1 on made-up designs of two and three stages, in one run.

What R has no function for (multinomial logit, unconditional errors of averages), and what it
does not carry to the end (``svyolr``), is written out in R: analytic gradients, Newton steps
to the optimum, and ``svyrecvar`` for the design.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.inference.design.calibration import Adjustment, Calibration
from mspsurvey.inference.model.fit import Fit
from mspsurvey.inference.survey import Survey

pytestmark = pytest.mark.r

R = r"""
suppressMessages(library(survey)); library(numDeriv)
f <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
out <- function(name, x) cat(name, sprintf("%.16g", x), "\n")
ctl <- list(epsilon = 1e-14, maxit = 200)
fit <- function(name, m) {
  out(paste0(name, "/estimate"), coef(m)); out(paste0(name, "/se"), SE(m))
  out(paste0(name, "/p"), coef(summary(m))[, 4]); out(paste0(name, "/df"), m$df.residual)
}
two <- svydesign(id = ~p + s, strata = ~h, fpc = ~N1 + N2, weights = ~w, data = f, nest = TRUE)
three <- svydesign(id = ~p + s + id, strata = ~h, fpc = ~N1 + N2 + N3, weights = ~w, data = f,
                   nest = TRUE)
one <- svydesign(id = ~p, strata = ~h, weights = ~w, data = f, nest = TRUE)
for (name in c("two", "three")) {
  d <- get(name); at <- function(x) paste0(name, "/", x)
  fit(at("gaussian"), svyglm(z ~ x + g, d))
  m <- svyglm(yes ~ x * g + k, d, family = quasibinomial(), control = ctl)
  fit(at("logit"), m)
  term <- regTermTest(m, ~x:g); out(at("term"), c(term$Ftest, term$p, term$ddf))
  fit(at("poisson"), svyglm(count ~ x + g + offset(log(e)), d, family = quasipoisson(),
                            control = ctl))
  fit(at("prior"), svyglm(z ~ x + g, d, weights = e))
  fit(at("domain"), svyglm(yes ~ x + k, subset(d, g != "a"), family = quasibinomial(),
                           control = ctl))
}
for (option in c("certainty", "remove", "adjust", "average")) {
  options(survey.lonely.psu = option)
  lonely <- svydesign(id = ~p, strata = ~alone, weights = ~w, data = f, nest = TRUE)
  fit(paste0("lonely/", option), svyglm(z ~ x + g, lonely))
}
options(survey.lonely.psu = "fail")
raked <- calibrate(one, ~g + k, c(3000, 1100, 1000, 1600), calfun = "linear")
out("weights", weights(raked))
fit("calibrated", svyglm(yes ~ x + g, raked, family = quasibinomial(), control = ctl))

ok <- !is.na(f$x); w <- f$w[ok]; d <- two
X <- model.matrix(~x + g, f[ok, ])
sandwich <- function(name, scores, b) {
  for (i in 1:30) b <- b - solve(jacobian(function(b) colSums(w * scores(b)), b),
                                 colSums(w * scores(b)))
  A <- jacobian(function(b) colSums(w * scores(b)), b)
  e <- matrix(0, nrow(f), length(b)); e[ok, ] <- (w * scores(b)) %*% solve(-A)
  v <- svyrecvar(e, d$cluster, d$strata, d$fpc, postStrata = d$postStrata)
  out(paste0(name, "/estimate"), b); out(paste0(name, "/se"), sqrt(diag(v)))
}
y <- f$ord[ok]
sandwich("ordinal", function(b) {
  e <- drop(X[, -1] %*% b[1:3]); z <- c(-Inf, b[4:6], Inf)
  a <- plogis(z[y + 1] - e); c <- plogis(z[y] - e)
  u <- a * (1 - a) / (a - c); v <- c * (1 - c) / (a - c)
  cbind(-(u - v) * X[, -1], sapply(1:3, function(k) u * (y == k) - v * (y == k + 1)))
}, c(0, 0, 0, -1, 0, 1))
n <- as.integer(f$nom[ok])
sandwich("multinomial", function(b) {
  E <- exp(cbind(0, X %*% b[1:4], X %*% b[5:8])); P <- E / rowSums(E)
  cbind(((n == 2) - P[, 2]) * X, ((n == 3) - P[, 3]) * X)
}, rep(0, 8))

m <- svyglm(yes ~ x + g + k, two, family = quasibinomial(), control = ctl)
mf <- f[ok, ]; W <- sum(w); X <- model.matrix(~x + g + k, mf); p <- fitted(m)
E <- (X * (w * (mf$yes - p))) %*% solve(crossprod(X * (w * p * (1 - p)), X))
influence <- matrix(0, nrow(f), 3); value <- numeric(3)
for (i in 1:3) {
  to <- mf; to$g <- factor(levels(f$g)[i], levels = levels(f$g))
  Q <- model.matrix(~x + g + k, to); q <- plogis(drop(Q %*% coef(m)))
  value[i] <- sum(w * q) / W
  influence[ok, i] <- w * (q - value[i]) / W + E %*% (colSums(w * q * (1 - q) * Q) / W)
}
v <- svyrecvar(influence, d$cluster, d$strata, d$fpc, postStrata = NULL)
out("margins/estimate", value); out("margins/se", sqrt(diag(v)))
at <- data.frame(x = c(40, 60), g = factor(c("a", "c"), levels = levels(f$g)),
                 k = factor(c("u", "v")))
p <- predict(m, newdata = at, type = "response")
out("predict/estimate", coef(p)); out("predict/se", SE(p))
"""


def sample() -> pd.DataFrame:
    """Four strata of PSUs, second-stage units in them, rows in those; some x are missing."""
    rng = np.random.default_rng(7)
    rows = [
        (f"h{h}", p, s, 20 + h, 10, 40)
        for h in range(4)
        for p in range(5 + h)
        for s in range(rng.integers(2, 5))
        for _ in range(rng.integers(2, 6))
    ]
    frame = pd.DataFrame(rows, columns=["h", "p", "s", "N1", "N2", "N3"])
    n = len(frame)
    x = rng.normal(50, 12, n).round(2)
    g = rng.choice(["a", "b", "c"], n)
    lift = -1 + 0.02 * (x - 50) + 0.5 * (g == "b") + 0.3 * rng.normal(size=30)[frame["p"]]
    e = (rng.gamma(3, 5, n) + 1).round(2)
    return frame.assign(
        id=np.arange(n), w=(np.exp(rng.normal(size=n) * 0.4) * 10).round(3), g=g,
        k=rng.choice(["u", "v"], n), e=e, z=(x + rng.normal(size=n) * 10).round(2),
        yes=(rng.random(n) < 1 / (1 + np.exp(-lift))) * 1,
        count=rng.poisson(np.exp(0.5 + 0.01 * (x - 50)) * e / 15),
        ord=np.digitize(lift + rng.logistic(size=n), [-1.5, -0.5, 0.8]) + 1,
        nom=rng.choice(["p", "q", "r"], n), x=np.where(rng.random(n) < 0.1, np.nan, x),
        # The first PSU of the last stratum stands alone in one of its own.
        alone=frame["h"].where(frame["h"].ne("h3") | frame["p"].gt(0), "h4"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def r(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """Everything that R says, in one run."""
    path = Path(tmp_path_factory.mktemp("r"))
    sample().to_csv(path / "sample.csv", index=False)
    (path / "models.R").write_text(R)
    done = subprocess.run(
        ["Rscript", path / "models.R", path / "sample.csv"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    return {name: np.array(numbers, dtype=float) for name, *numbers in lines}


def two_stages() -> Survey:
    return Survey(sample(), weights="w", strata="h", psu=["p", "s"], fpc=["N1", "N2"])


def three_stages() -> Survey:
    fpc = ["N1", "N2", "N3"]
    return Survey(sample(), weights="w", strata="h", psu=["p", "s", "id"], fpc=fpc)


def agree(fit: Fit, r: dict[str, np.ndarray], name: str, order: list[int] | None = None) -> None:
    table = fit.coefficients if order is None else fit.coefficients.iloc[order]
    for column, tolerance in (("estimate", 1e-8), ("se", 1e-8), ("p", 1e-6)):
        if f"{name}/{column}" in r:
            np.testing.assert_allclose(
                table[column], r[f"{name}/{column}"], rtol=tolerance, err_msg=f"{name} {column}"
            )
    if f"{name}/df" in r:
        assert fit.df == r[f"{name}/df"][0]


@pytest.mark.parametrize("name", ["two", "three"])
def test_models_of_several_stages_are_those_of_r(name: str, r: dict[str, np.ndarray]) -> None:
    survey = two_stages() if name == "two" else three_stages()
    agree(survey.glm("z ~ x + g"), r, f"{name}/gaussian")
    logit = survey.glm("yes ~ x*g + k", family="binomial")
    names = ["Intercept", "x", "g[b]", "g[c]", "k[v]", "x:g[b]", "x:g[c]"]
    order = [logit.coefficients["term"].tolist().index(n) for n in names]
    agree(logit, r, f"{name}/logit", order)
    term = logit.test("g:x")
    np.testing.assert_allclose([term.statistic, term.p, term.df[1]], r[f"{name}/term"], rtol=1e-6)
    frame = survey.frame.assign(log_e=lambda f: np.log(f["e"]))
    exposed = Survey(frame, weights="w", strata="h", psu=["p", "s", "id"][: 2 + (name == "three")],
                     fpc=["N1", "N2", "N3"][: 2 + (name == "three")])  # fmt: skip
    agree(exposed.glm("count ~ x + g", family="poisson", offset="log_e"), r, f"{name}/poisson")
    agree(survey.glm("z ~ x + g", prior="e"), r, f"{name}/prior")
    domain = survey.where("g != 'a'")
    agree(domain.glm("yes ~ x + k", family="binomial"), r, f"{name}/domain")


@pytest.mark.parametrize("option", ["certainty", "remove", "adjust", "average"])
def test_lonely_units_are_treated_as_in_r(option: str, r: dict[str, np.ndarray]) -> None:
    survey = Survey(sample(), weights="w", strata="alone", psu="p", lonely_psu=option)
    agree(survey.glm("z ~ x + g"), r, f"lonely/{option}")


def test_proportional_odds_are_those_of_r_carried_to_the_optimum(r: dict[str, np.ndarray]) -> None:
    agree(two_stages().ordinal("ord ~ x + g"), r, "ordinal")


def test_a_multinomial_logit_is_that_written_out_in_r(r: dict[str, np.ndarray]) -> None:
    agree(two_stages().multinomial("nom ~ x + g"), r, "multinomial")


def test_average_and_single_predictions_are_those_of_r(r: dict[str, np.ndarray]) -> None:
    fit = two_stages().glm("yes ~ x + g + k", family="binomial")
    profiles = {"x": [40, 60], "g": ["a", "c"], "k": ["u", "v"]}
    for name, est in (("margins", fit.margins("g")), ("predict", fit.predict(profiles))):
        for column in ("estimate", "se"):
            np.testing.assert_allclose(est.data[column], r[f"{name}/{column}"], rtol=1e-8)


def test_a_calibrated_design_carries_its_calibration_into_the_model(
    r: dict[str, np.ndarray],
) -> None:
    frame = sample().assign(cw=r["weights"])
    survey = Survey(frame, weights="cw", strata="h", psu="p")
    columns = np.column_stack(
        [np.ones(len(frame)), frame["g"].eq("b"), frame["g"].eq("c"), frame["k"].eq("v")]
    )
    step = Adjustment("calibrated", frame["w"].to_numpy(), r["weights"], None, columns)
    calibrated = survey.like(raking=Calibration((step,), survey.design))
    agree(calibrated.glm("yes ~ x + g", family="binomial"), r, "calibrated")
