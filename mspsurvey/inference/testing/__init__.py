"""Tests that know the design: association, means, ranks, equivalence, families of tests.

``Survey.test`` and ``Survey.equivalence`` come here. Every test takes its variance from the
same function as the estimates, so all stages, replicates and calibration count in it too.
"""

from mspsurvey.inference.testing.ask import answer as answer
from mspsurvey.inference.testing.equivalence import equivalence as equivalence
from mspsurvey.inference.testing.multiplicity import family as family
from mspsurvey.inference.testing.result import TestResult as TestResult
from mspsurvey.inference.testing.result import Tests as Tests
