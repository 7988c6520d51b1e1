"""Totals of the synthetic population, in the form in which real margins would come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.population.draw import Population
from mspsurvey.synth.population.places import DIVISIONS

BY_CONSTRUCTION = "Synthetic population, by construction (not a fact). In a real study: "


def margin_tables(population: Population) -> dict[str, pd.DataFrame]:
    """Tables of margins by file name, with the columns variable, level, total, source.

    Totals of firms are counts; those of clients are counts of records times ten.
    """
    msps, clients = population.msps, population.clients
    scale = model.CLIENT_SCALE
    member = np.where(msps["member"], "yes", "no")
    places = tuple(DIVISIONS)
    susb = "SUSB (Census Bureau), employer firms by "
    return {
        "msp_size.csv": _table(
            "size", msps["size"], model.STRATA, 1,
            "SUSB by employment size, NAICS 5415, for the shape, and the sampling frame",
        ),
        "msp_member.csv": _table(
            "member", member, ("yes", "no"), 1,
            "membership lists of the trade bodies, unduplicated",
        ),
        "msp_area.csv": _table(
            "area", msps["area"], ("metro", "rural"), 1,
            "the sampling frame with the Census Bureau's metropolitan areas",
        ),
        "msp_division.csv": _table(
            "division", msps["division"], places, 1, "SUSB by state, NAICS 5415, for the shape"
        ),
        "client_size.csv": _table(
            "size", clients["size"], model.CLIENT_SIZES, scale, susb + "employment size"
        ),
        "client_sector.csv": _table(
            "sector", clients["sector"], tuple(model.SECTOR_SHARE), scale,
            susb + "industry, and BLS counts of 501(c)(3) employers",
        ),
        "client_division.csv": _table(
            "division", clients["division"], places, scale, susb + "state"
        ),
    }  # fmt: skip


def _table(
    variable: str,
    values: pd.Series | np.ndarray,
    levels: Sequence[str],
    scale: int,
    real_source: str,
) -> pd.DataFrame:
    counts = pd.Series(values).value_counts().reindex(list(levels), fill_value=0) * scale
    return pd.DataFrame(
        {
            "variable": variable,
            "level": list(levels),
            "total": counts.to_numpy(),
            "source": BY_CONSTRUCTION + real_source + ".",
        }
    )
