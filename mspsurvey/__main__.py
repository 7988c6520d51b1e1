"""``python -m mspsurvey``: the same as the command ``mspsurvey``."""

from mspsurvey.cli import main

main()
