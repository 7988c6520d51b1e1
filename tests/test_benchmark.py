"""Benchmarks: outside figures and where they come from."""

from __future__ import annotations

import pytest
from conftest import ROOT

from mspsurvey.errors import DefinitionError
from mspsurvey.evidence.benchmark import load_benchmarks

HEAD = "variable,level,share,label,source,note\n"


def test_the_demo_study_has_a_benchmark_with_its_source():
    found = load_benchmarks(ROOT / "definitions" / "benchmarks.csv")["outs_level"]
    assert found.values == {"none": 0.38, "ad_hoc": 0.30}
    assert "NFIB" in found.source


def test_levels_of_one_variable_are_gathered(tmp_path):
    path = tmp_path / "b.csv"
    path.write_text(HEAD + "x,a,0.25,L,S,N\nx,b,0.75,L,S,N\n")
    assert load_benchmarks(path)["x"].values == {"a": 0.25, "b": 0.75}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("variable,level,share\nx,a,0.2\n", "lacks label"),
        (HEAD + "x,a,25,L,S,N\n", "fractions between 0 and 1"),
        (HEAD + "x,a,0.2,L,S,N\nx,b,0.3,L,other,N\n", "one source for all levels"),
    ],
)
def test_a_mistake_is_named(tmp_path, text, said):
    path = tmp_path / "b.csv"
    path.write_text(text)
    with pytest.raises(DefinitionError, match=said):
        load_benchmarks(path)
