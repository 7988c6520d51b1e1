"""What a notebook holds in its hands: the study's surveys, and the report it writes.

    import mspsurvey as ms

    study = ms.study()
    report = study.report("01_maturity")
    levels = study.msps.share("mat_level")
    found = report.find(levels, question="q1", source="msps", hypothesis="H12")
    report.say("{top:about} are at the highest level.", top=found["5"])
    report.chart("bars", levels, id="levels", title="…", finding=found["5"])
    report.close()

In a build, ``close`` hands findings and charts over to be published; in a notebook that
somebody explores, it writes nothing.
"""

from mspsurvey.workbench.open_study import Study, study
from mspsurvey.workbench.report import STAGE, Report
from mspsurvey.workbench.words import Contrast

__all__ = ["STAGE", "Contrast", "Report", "Study", "study"]
