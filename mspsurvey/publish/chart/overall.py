"""A row for everyone above the rows of the groups, so that a title's number is on its chart."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mspsurvey.errors import PublicationError
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.instrument import Option

EVERYONE = "all"
"""Code of the row for everyone in the grouping column."""


def with_overall(est: Estimates, overall: Estimates) -> Estimates:
    """Put estimates of everyone before those of the groups, to be drawn and not to be tested.

    Parameters
    ----------
    est : Estimates
        By one grouping variable.
    overall : Estimates
        The same items and levels for everyone.

    Returns
    -------
    Estimates
        Without covariance: the first group holds the others. Its code is "all".

    Raises
    ------
    PublicationError
        Where there are several grouping variables, or the second estimates are not the same
        statistic of everyone.
    """
    if len(est.by) != 1 or overall.by:
        raise PublicationError(
            "Estimates by one variable were wanted, and the same of everyone.",
            f"They are by {est.by or 'nothing'} and by {overall.by or 'nothing'}.",
        )
    if (est.statistic, est.where, est.of) != (overall.statistic, overall.where, overall.of):
        raise PublicationError(
            "The same statistic was wanted of the groups and of everyone.",
            f"It is {est.statistic} and {overall.statistic}, or another base.",
        )
    column = est.by[0]
    whole = overall.data.assign(**{column: EVERYONE})[list(est.data.columns)]
    # A group that bears this code by itself would be lost in the row for everyone.
    if est.data[column].astype(str).eq(EVERYONE).any():
        raise PublicationError("A group may not bear the code 'all'.", f"One of {column} does.")
    both = pd.concat([whole.astype(object), est.data.astype(object)], ignore_index=True)
    variables = dict(est.variables)
    if column in variables:
        known = variables[column]
        first = Option(EVERYONE, f"All {est.population}".rstrip())
        variables[column] = replace(known, options=(first, *known.options))
    return replace(
        est, data=both.astype(est.data.dtypes.to_dict()), variables=variables, root=None
    )
