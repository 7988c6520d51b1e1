"""Clients who name their provider as people do, with the provider known: to try linking on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.synth.answers.msp_company import names

IN_FRAME = 0.85
"""Share of clients whose provider is in the frame."""
NAMED, DOMAIN = 0.95, 0.55
"""Share that gives the provider's name, and its web domain or e-mail address."""
SAME_STATE = 0.85
STATES = ("CA", "TX", "NY", "FL", "IL", "PA", "OH", "GA", "NC", "MI")
_FORMS = (" LLC", " Inc.", " Corp.", " Co.")
_ENDS = (" LLC", ", Inc", " inc.", "", "", "", " Ltd", " Company")
_SHORTER = {
    "Technology Partners": "Tech Partners", "IT Solutions": "IT", "Managed Services": "MSP",
    "Computer Care": "Computers", "Data Services": "Data", "Tech Group": "Technology",
    "Support Co.": "Support", "Networks": "Networking", "Systems": "Systems",
}  # fmt: skip
_ADDRESS = ("{d}", "www.{d}", "https://{d}/", "https://www.{d}/contact-us", "info@{d}", "{d}.")
_PUBLIC = ("it.guy@gmail.com", "our.tech@outlook.com", "none", "don't know")


def linkage(
    rng: np.random.Generator, *, clients: int, firms: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw a frame of firms, and clients who name theirs.

    Returns
    -------
    clients : DataFrame of str
        ``name``, ``domain``, ``code`` (blank), ``state``, and ``msp``: the truth, blank where
        the provider is not in the frame.
    firms : DataFrame of str
        ``sample_id``, ``name``, ``domain`` and ``state``.
    """
    known = round(firms / IN_FRAME)
    invented = names(rng, known)
    world = pd.DataFrame(
        {
            "sample_id": [f"M{k:05d}" for k in range(known)],
            "name": invented["firm_name"],
            "domain": ["" if d is None else d for d in invented["firm_domain"]],
            "state": rng.choice(STATES, known),
        },
        dtype="str",
    )
    providers = rng.integers(0, known, clients)
    own = world.iloc[providers].reset_index(drop=True)
    said = own.assign(
        name=[_typed(rng, n) if rng.random() < NAMED else "" for n in own["name"]],
        domain=[_address(rng, d) if rng.random() < DOMAIN else "" for d in own["domain"]],
        code="",
        state=np.where(
            rng.random(clients) < SAME_STATE, own["state"], rng.choice(STATES, clients)
        ),
        msp=own["sample_id"].where(providers < firms, ""),
    )
    columns = ["name", "domain", "code", "state", "msp"]
    return said[columns].astype("str"), world[:firms]


def _typed(rng: np.random.Generator, name: str) -> str:
    """Write a name as somebody who pays its bills would: shorter, other case, a slip."""
    for form in _FORMS:
        name = name.removesuffix(form)
    chance = rng.random(6)
    if chance[0] < 0.25:
        for long, short in _SHORTER.items():
            name = name.replace(long, short)
    if chance[1] < 0.08:
        name = name.split()[0]
    if chance[2] < 0.12:
        name = _slip(rng, name)
    name += _ENDS[rng.integers(0, len(_ENDS))]
    if chance[3] < 0.25:
        name = name.upper() if chance[4] < 0.4 else name.lower()
    if chance[5] < 0.05:
        name = name.replace("IT", "I.T.").replace(" ", "  ")
    return name


def _slip(rng: np.random.Generator, name: str) -> str:
    """Swap two letters, leave one out, or double one."""
    at = int(rng.integers(1, max(2, len(name.split()[0]) - 2)))
    kind = int(rng.integers(0, 3))
    middle = (name[at + 1] + name[at], name[at + 1], name[at] * 2 + name[at + 1])[kind]
    return name[:at] + middle + name[at + 2 :]


def _address(rng: np.random.Generator, domain: str) -> str:
    if not domain or rng.random() < 0.05:
        return _PUBLIC[rng.integers(0, len(_PUBLIC))] if rng.random() < 0.3 else ""
    return _ADDRESS[rng.integers(0, len(_ADDRESS))].format(d=domain)
