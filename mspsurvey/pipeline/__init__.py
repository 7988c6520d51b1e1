"""The build: its steps, what each reads, writes and depends on, and so what is stale.

The method from top to bottom: definitions, intake, classify, weigh, join (``tables``); one
report a notebook, audit, pages, site (``reports``); privacy, hand over (``hand_over``). ``plan``
puts them in order for one study. All is made aside (``StudyConfig.aside``), and handed over to
its readers only when it was audited and searched: a build that fails or is killed before leaves
what they have as it was.
"""

from mspsurvey.pipeline.plan import report_notebooks, steps
from mspsurvey.pipeline.step import PACKAGE, Say, Step

__all__ = ["PACKAGE", "Say", "Step", "report_notebooks", "steps"]
