"""From the provider that a client names to the MSP of the frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import ReadError
from mspsurvey.intake.linking.decide import ACCEPT, DOUBT, GAP, decide
from mspsurvey.intake.linking.link import NAMED, link
from mspsurvey.intake.linking.near import nearest
from mspsurvey.intake.linking.normalise import core_of, domain_of, firm_key, plain, words_of
from mspsurvey.intake.linking.review import DECISION, WORKSHEET, read_decisions, write_worksheet
from mspsurvey.intake.linking.score import CLIENT_COLUMNS, FIRM_COLUMNS, best_firms, name_score
from mspsurvey.keyed import DEMO_KEY, DOMAIN_CODE_LENGTH
from mspsurvey.study_file import LinkPlan
from mspsurvey.synth.linkage import linkage

FIRMS = (
    ("M1", "Oakfield Tech Group LLC", "oakfield.example.org", "OH"),
    ("M2", "Oakfield Networks, Inc.", "oaknet.example.org", "OH"),
    ("M3", "Smith & Söhne GmbH", "", "TX"),
    ("M4", "Harbor Data", "harbor.example.org", "NY"),
    ("M5", "Bay IT", "harbor.example.org", "CA"),
)


def table(columns, *rows):
    return pd.DataFrame(list(rows), columns=list(columns), dtype="str")


def decided(name="", domain="", state="", code=""):
    clients = table(CLIENT_COLUMNS, (name, domain, code, state))
    found = decide(best_firms(clients, table(FIRM_COLUMNS, *FIRMS), code=lambda d: f"code {d}"))
    return found.iloc[0][["firm", "decision"]].tolist()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("ACME I.T., L.L.C.", "acme it"),
        ("Smith & Söhne GmbH", "smith and sohne"),
        ("O'Neil's Corp.", "ONeils"),
        ("The Anvil Company", "anvil"),
    ],
)
def test_spellings_of_one_name_have_the_same_words(one, two):
    assert words_of(one) == words_of(two)


def test_a_name_that_is_a_legal_form_keeps_a_word():
    assert words_of("Company, Inc.") == ("company",)
    assert words_of("") == ()


def test_words_that_all_bear_are_no_core_unless_nothing_else_is_left():
    assert core_of("Acme Managed IT Services Inc") == "acme"
    assert core_of("IT Solutions") == "it solutions"
    assert firm_key("Acme IT Services") == "acme it"
    assert plain("  A  &  B ") == "a and b"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Acme.example/contact?x=1#y", "acme.example"),
        ("jo@mail.acme.example", "acme.example"),
        ("acme.co.uk.", "acme.co.uk"),
        ("portal.acme.example:8080", "acme.example"),
        ("jo@gmail.com", ""),
        ("we have none", ""),
        ("10.0.0.1", ""),
        ("www.com", "www.com"),
        ("", ""),
    ],
)
def test_a_domain_is_taken_out_of_whatever_holds_it(text, domain):
    assert domain_of(text) == domain


def test_the_nearest_names_come_first_and_strangers_not_at_all():
    found = nearest(["oakfeild tech", "zzz"], [name for _, name, *_ in FIRMS])
    assert set(found[0][:2]) == {0, 1}
    assert len(found[1]) == 0


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"domain": "www.oakfield.example.org"}, ["M1", "accepted"]),
        ({"code": "code oaknet.example.org"}, ["M2", "accepted"]),
        ({"name": "oakfield tech"}, ["M1", "accepted"]),
        ({"name": "SMITH AND SOHNE", "state": "TX"}, ["M3", "accepted"]),
        ({"name": "Oakfield"}, ["", "doubtful"]),
        ({"domain": "harbor.example.org"}, ["", "doubtful"]),
        ({"domain": "harbor.example.org", "name": "Bay IT"}, ["", "doubtful"]),
        ({"name": "Sunshine Computing"}, ["", "none"]),
        ({"domain": "info@gmail.com"}, ["", "none"]),
        ({}, ["", "none"]),
    ],
)
def test_a_link_needs_a_good_score_and_no_rival(said, wanted):
    assert decided(**said) == wanted


def test_a_domain_settles_what_a_name_leaves_open():
    assert decided(name="Oakfield", domain="oaknet.example.org") == ["M2", "accepted"]


def test_place_and_address_speak_for_a_name_or_against_it():
    score = {
        said: best_firms(
            table(CLIENT_COLUMNS, ("Oakfield Technology", domain, "", state)),
            table(FIRM_COLUMNS, *FIRMS),
        )["score"].iloc[0]
        for said, state, domain in (
            ("here", "OH", ""), ("nowhere", "", ""), ("there", "TX", ""),
            ("other site", "", "else.example.org"),
        )
    }  # fmt: skip
    assert score["here"] > score["nowhere"] > score["there"] == score["other site"]


def test_names_score_by_their_telling_words():
    assert name_score("Oakfield Tech", "OAKFIELD TECH LLC") == 100
    assert name_score("Oak Field IT", "Oakfield IT") == 100
    assert name_score("Oakfield", "Oakfield Networks") > name_score("Oakfield IT", "Oakfield Data")
    assert name_score("Oakfield IT", "Harbor IT") < DOUBT


def test_most_clients_are_linked_and_nearly_all_of_them_rightly():
    clients, firms = linkage(np.random.default_rng(7), clients=5_000, firms=600)
    found = decide(best_firms(clients, firms))
    linked = found["decision"].eq("accepted")
    in_frame = clients["msp"].ne("")
    assert linked[in_frame].mean() >= 0.85
    assert found["firm"].eq(clients["msp"])[linked].mean() >= 0.98


def test_the_order_of_clients_and_firms_changes_no_link():
    clients, firms = linkage(np.random.default_rng(3), clients=200, firms=60)
    one = decide(best_firms(clients, firms))["firm"]
    two = decide(best_firms(clients[::-1], firms[::-1].reset_index(drop=True)))["firm"]
    assert one.equals(two.sort_index())


def test_the_thresholds_are_those_that_are_published():
    best = pd.DataFrame(
        {
            "first": list("abcd"), "second": "z", "rule": "name",
            "score": [ACCEPT, ACCEPT, DOUBT, DOUBT - 0.1], "gap": [GAP, GAP - 0.1, 50.0, 50.0],
        }
    )  # fmt: skip
    assert decide(best)["decision"].tolist() == ["accepted", "doubtful", "doubtful", "none"]


def sources():
    """Two firms of which one refused, and clients of both; the sample knows their providers."""
    firms = [
        ("A", "M1", "Oakfield Tech LLC", "oakfield.example.org", "", "OH", "yes", ""),
        ("B", "M2", "Harbor Data", "", "", "NY", "no", ""),
        ("C", "", "Bay IT", "bay.example.org", "", "CA", "yes", ""),
    ]
    code = DEMO_KEY.code("domain", "oakfield.example.org", length=DOMAIN_CODE_LENGTH)
    clients = [
        ("1", "R1", "", "", code, "OH", "yes", "M1"),
        ("2", "R2", "harbor data", "", "", "NY", "yes", "M2"),
        ("3", "R3", "Oakfield Tech", "", "", "OH", "no", "M1"),
        ("4", "R4", "", "www.bay.example.org", "", "", "yes", ""),
        ("5", "R5", "Oakfeld Networks", "", "", "OH", "yes", "M9"),
        ("6", "R6", "", "", "", "OH", "yes", "M1"),
    ]
    return {"msps": table(NAMED, *firms), "pairs": table(NAMED, *clients)}


def linked(tmp_path, text=None):
    decisions = tmp_path / "links.csv"
    if text is not None:
        decisions.write_text(",".join(DECISION) + "\n" + text)
    return link(LinkPlan(("pairs",), decisions), sources(), None, DEMO_KEY)


def test_only_those_who_agreed_are_linked_on_both_sides(tmp_path):
    made = linked(tmp_path)
    links = made.links.set_index("resp_id")[["msp_sample_id", "msp_resp_id", "decision"]]
    assert links.loc["1"].tolist() == ["M1", "A", "accepted"]
    assert links.loc["2"].tolist() == ["", "", "the firm did not agree"]
    assert links.loc["4"].tolist() == ["", "C", "accepted"]
    assert not {"3", "6"} & set(links.index)


def test_match_and_error_rates_are_counted_where_the_truth_is_known(tmp_path):
    rates = linked(tmp_path).rates.iloc[0]
    assert rates[["responses", "agreed", "named", "linked", "known", "wrong"]].tolist() == [
        6, 5, 4, 2, 1, 0,
    ]  # fmt: skip
    assert rates["match_rate"] == 2 / 4
    wrong = linked(tmp_path, decision("5", "M1")).rates.iloc[0]
    assert wrong["error_rate"] == 1 / 2


def decision(response, unit, source="pairs", why="same address"):
    codes = DEMO_KEY.code("response", response), unit and DEMO_KEY.code("unit", unit)
    return f"{source},{codes[0]},{codes[1]},Ann,{why}\n"


def test_what_a_person_decided_goes_before_the_score(tmp_path):
    links = linked(tmp_path, decision("5", "M1") + decision("1", "")).links.set_index("resp_id")
    assert links.loc["5", ["msp_sample_id", "decision"]].tolist() == ["M1", "by hand"]
    assert links.loc["1", ["msp_sample_id", "decision"]].tolist() == ["", "by hand"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (decision("99", "M1"), "Nobody has"),
        (decision("5", "M77"), "Nobody has"),
        (decision("5", "M1", why=""), "who decided, and why"),
        (decision("5", "M1") * 2, "it is there twice|decided once"),
    ],
)
def test_a_decision_that_fits_nothing_is_an_error(tmp_path, text, words):
    with pytest.raises(ReadError, match=f"(?i){words}"):
        linked(tmp_path, text)


def test_decisions_may_hold_no_names(tmp_path):
    path = tmp_path / "links.csv"
    path.write_text(",".join((*DECISION, "firm_name")) + "\na,b,c,d,e,f\n")
    with pytest.raises(ReadError, match="no names"):
        read_decisions(path, DEMO_KEY, {}, [])


def test_the_worksheet_shows_a_person_both_candidates(tmp_path):
    firms = table(NAMED, *(("", f[0], f[1], f[2], "", f[3], "yes", "") for f in FIRMS))
    client = table(NAMED, ("7", "", "=Oakfield", "", "", "OH", "yes", ""))
    plan = LinkPlan(("clients",))
    text = link(plan, {"msps": firms, "clients": client}, None, DEMO_KEY).worksheet
    lines = text.splitlines()
    assert lines[0].split(",") == list(WORKSHEET)
    assert len(lines) == 3
    assert "'=Oakfield" in lines[1]
    assert "Oakfield" in lines[2]
    assert DEMO_KEY.code("response", "7") in lines[1]


def test_a_worksheet_is_not_written_among_what_is_handed_on(tmp_path):
    with pytest.raises(ReadError, match="outside processed data"):
        write_worksheet("x", tmp_path / "processed" / "w.csv", (tmp_path / "processed",))


def test_the_frame_gives_names_where_a_firm_gave_none():
    frame = pd.DataFrame({"sample_id": ["M8"], "company": ["Zenith Cloud"], "state": ["WA"]})
    clients = {**sources(), "pairs": table(NAMED, ("1", "", "zenith", "", "", "WA", "yes", ""))}
    links = link(LinkPlan(("pairs",)), clients, frame, DEMO_KEY).links
    assert links["msp_sample_id"].tolist() == ["M8"]
