"""Signs of careless or invented answering: a number and a flag each, never a deletion.

C1 speed, C2 straight lines in grids, C3 attention, C4 gibberish, C5 bursts from one place,
C6 one answer through the questionnaire, C7 a pattern far from all others, C8 the platform's
own scores, C9 answers that are nearly those of another response. Responses are left out only
where ``[quality] exclude`` of study.toml says so.
"""

from mspsurvey.intake.quality.table import quality_flags, quality_table
from mspsurvey.intake.quality.traces import traces

__all__ = ["quality_flags", "quality_table", "traces"]
