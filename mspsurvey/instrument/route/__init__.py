"""Who is asked what: one condition written for each platform and for people, and solved.

The meaning is that of ``Condition.holds``: a missing answer satisfies no comparison. Platforms
have other rules for blanks, and hold codes that are reasons for no answer ("Don't know"), which
data do not. So each comparison is first made plain (``plain``), and each platform is then asked
only what means the same to all of them.
"""

from mspsurvey.instrument.route.english import english
from mspsurvey.instrument.route.expression_script import expression_script
from mspsurvey.instrument.route.redcap_logic import redcap_logic
from mspsurvey.instrument.route.xpath import xpath

__all__ = ["english", "expression_script", "redcap_logic", "xpath"]
