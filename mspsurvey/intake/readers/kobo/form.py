"""A form of KoboToolbox or ODK: its questions, choices, groups and languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

UNNAMED = ""
"""The language of wording that names none."""


@dataclass(frozen=True)
class FormField:
    """One question of a form, or a value that it computes.

    Attributes
    ----------
    name : str
        As in the data.
    kind : str
        Its type, without the name of a list: ``text``, ``select_one``, ``start``, ….
    groups : tuple of str
        Names of the groups around it, the outermost first.
    labels : dict of str to str
        Wording by language; "" is the language that has no name.
    choices : str
        Name of its list of choices; "" if it has none.
    repeat : str
        Name of the repeated group around it, the innermost; "" if there is none.
    """

    name: str
    kind: str
    groups: tuple[str, ...]
    labels: Mapping[str, str]
    choices: str = ""
    repeat: str = ""

    @property
    def path(self) -> str:
        """Name behind those of its groups, as in an export."""
        return "/".join((*self.groups, self.name))


@dataclass(frozen=True)
class FormChoice:
    """One answer that can be chosen, with its wording by language."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Form:
    """A form.

    Attributes
    ----------
    title, ident : str
        From its settings.
    fields : tuple of FormField
        In the order of the form.
    lists : dict of str to tuple of FormChoice
        Choices by name of their list, each name once.
    groups : dict of str to dict of str to str
        Wording by language of each group, by its path.
    repeats : tuple of str
        Names of the repeated groups.
    languages : tuple of str
        Of the wording, the default one first; "" is the one that has no name.
    problems : tuple of str
        What is odd about the form.
    """

    title: str
    ident: str
    fields: tuple[FormField, ...]
    lists: Mapping[str, tuple[FormChoice, ...]]
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    repeats: tuple[str, ...] = ()
    languages: tuple[str, ...] = (UNNAMED,)
    problems: tuple[str, ...] = ()
