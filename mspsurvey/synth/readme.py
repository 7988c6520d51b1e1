"""The note that lies beside the synthetic raw files."""

from __future__ import annotations

TEXT = """# SYNTHETIC DATA

**Nothing in this folder is about the real world.** Every firm, client, answer, name and
address here was invented by a program (`mspsurvey synth --scenario {scenario} --seed {seed}`).
No figure computed from these files is a finding. They are here so that the whole tool can be
tried and tested: the truth behind them is known, and lies in `data/truth`, which nothing reads
but the report that scores the method against it.

- `msp_survey.csv` ({msps[rows]:,} responses): answers of MSP firms, as Qualtrics exports them
  with choice texts: three header rows, times of New York.
- `msp_sample.csv` (7,200 records): the firm sample, with stratum, area, state, final
  disposition, attempts, day of the last contact.
- `msp_frame.csv`: the frame it was drawn from, a line a record, with the same ids. It misses
  one in ten solo firms and holds records that are no eligible firm.
- `client_survey.csv` ({clients[rows]:,} responses): answers of client organisations, as
  LimeSurvey exports them with codes.
- `client_sample.csv` (30,000 records): the client sample, with stratum (size and sector
  group: regulated, non-profit or education, other), sector, final disposition.
- `client_frame.csv` (24 strata): size of each client stratum, and how many were sampled.
- `referral_survey.csv` ({pairs[rows]:,} responses): the client questionnaire, answered by
  clients that their MSP named.
- `referral_sample.csv` (700 records): which MSP named which client.

In the firm sample {msps[complete]:,} answered in full and {msps[partial]:,} in part; in the
client sample {clients[complete]:,} and {clients[partial]:,}. Who answers follows the scenario
`{scenario}`; referred clients are the contented ones.

The exports are messy on purpose: {msps[errors]:,} changes in the firm file, {clients[errors]:,}
in the client file and {pairs[errors]:,} in the referral file, each of them logged. There are rows
that stand twice, second people of one firm, test rows, numbers in words, other currencies, sums
that are not 100, misspelt labels and states, answers to questions that were hidden, careless
answering, invented personal data (`example.org`, 555-01xx) and three cells that a spreadsheet
would take for a formula. Internet addresses come from the ranges that are kept for documentation
(192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24).
"""


def readme(scenario: str, seed: int, counts: dict[str, dict[str, int]]) -> str:
    """Describe the files, with the counts of this draw."""
    return TEXT.format(scenario=scenario, seed=seed, **counts)
