"""The door that every estimate leaves by.

Tables, charts, findings, prose and notebooks take estimates from ``Estimates.frame`` and
``Banner.frame``, and from nowhere else. Whoever must know all that was shown, as the ledger of
a report must, waits at this door.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Witness = Callable[[Any], None]
_WITNESSES: list[Witness] = []


def witness(told: Witness) -> None:
    """Have each table of estimates told that is shown from now on."""
    _WITNESSES.append(told)


def dismiss(told: Witness) -> None:
    """Have no more told to whoever was waiting; nothing happens where nobody was."""
    if told in _WITNESSES:
        _WITNESSES.remove(told)


def leave(shown: Any) -> None:
    """Tell the witnesses of a table that is being shown."""
    for told in tuple(_WITNESSES):
        told(shown)
