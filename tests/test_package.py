"""What importing the package does, and what it does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mspsurvey as ms

SLOW = ("numpy", "pandas", "scipy", "plotly", "matplotlib", "statsmodels", "pandera", "IPython")


def test_importing_the_package_loads_no_slow_library() -> None:
    code = f"import sys, mspsurvey; print([m for m in {SLOW!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
    assert said.stderr == ""


def test_asking_for_help_loads_no_slow_library() -> None:
    code = (
        "import sys\n"
        "from mspsurvey.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {SLOW!r} if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", [n for n in ms.__all__ if n != "__version__"])
def test_every_public_name_can_be_reached(name: str) -> None:
    assert getattr(ms, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'surveys'"):
        ms.surveys  # noqa: B018
