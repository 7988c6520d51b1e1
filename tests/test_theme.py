from __future__ import annotations

from itertools import combinations

import pytest

from mspsurvey.errors import PublicationError
from mspsurvey.publish import theme
from mspsurvey.publish.chart.marks import SHAPES

FIXED = [fill for fills in theme.FIXED.values() for fill in fills.values()]
SCALES = [fill for count in range(2, 8) for fill in theme.diverging(count)]
SEQUENCES = [fill for count in range(1, 7) for fill in theme.sequence(count)]
ALL = sorted({f.colour for f in [*FIXED, *SCALES, *SEQUENCES, *theme.SERIES]} | {theme.MAIN})


def test_contrast_of_black_and_white_is_21() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#777777", "#777777") == 1


@pytest.mark.parametrize("colour", ALL)
def test_each_fill_stands_out_from_the_page(colour: str) -> None:
    assert theme.contrast(colour, theme.PAPER) >= 3


@pytest.mark.parametrize("colour", ALL)
def test_words_on_each_fill_can_be_read(colour: str) -> None:
    assert theme.contrast(theme.on(colour), colour) >= 4.5


@pytest.mark.parametrize("colour", [theme.INK, theme.MUTED, theme.ACCENT])
def test_words_on_the_page_can_be_read(colour: str) -> None:
    assert theme.contrast(colour, theme.PAPER) >= 4.5


def test_words_on_the_stamp_and_on_suppressed_cells_can_be_read() -> None:
    assert theme.contrast(theme.INK, theme.STAMP) >= 4.5
    assert theme.contrast(theme.INK, theme.HELD_BACK_FILL) >= 4.5


@pytest.mark.parametrize("variable", sorted(theme.FIXED))
def test_fixed_classes_differ_without_colour(variable: str) -> None:
    fills = list(theme.FIXED[variable].values())
    for one, other in combinations(fills, 2):
        in_grey = theme.contrast(one.colour, other.colour) >= 1.4
        assert in_grey or one.pattern != other.pattern
        assert one.colour != other.colour
    assert len({f.shape for f in fills}) == len(fills)


@pytest.mark.parametrize("count", range(2, 8))
def test_the_two_poles_of_a_diverging_scale_differ_by_pattern(count: int) -> None:
    fills = theme.diverging(count)
    assert len({f.colour for f in fills}) == count
    assert fills[0].pattern
    assert not fills[-1].pattern


@pytest.mark.parametrize("count", range(2, 7))
def test_a_sequence_gets_darker_and_never_lighter(count: int) -> None:
    tones = [theme.luminance(f.colour) for f in theme.sequence(count)]
    assert tones == sorted(tones, reverse=True)


def test_a_class_looks_the_same_wherever_it_stands() -> None:
    alone = theme.fills("base_class", ["not_met"])
    all_three = theme.fills("msp_base_class", ["met", "partly", "not_met"], palette="diverging")
    assert alone[0] == all_three[2]


def test_grey_for_suppressed_numbers_is_used_for_nothing_else() -> None:
    assert theme.HELD_BACK not in ALL


def test_patterns_and_shapes_are_ones_that_renderers_draw() -> None:
    for fill in [*FIXED, *SCALES, *SEQUENCES, *theme.SERIES]:
        assert fill.pattern in theme.PATTERNS
        assert fill.shape in SHAPES


@pytest.mark.parametrize(("palette", "count"), [("diverging", 8), ("sequence", 7), ("series", 7)])
def test_too_many_levels_for_a_palette_are_refused(palette: str, count: int) -> None:
    with pytest.raises(PublicationError, match=str(count)):
        theme.fills("anything", [str(i) for i in range(count)], palette=palette)


def test_mixing_no_colour_gives_the_page() -> None:
    assert theme.mix("#14598C", 0) == theme.PAPER
    assert theme.mix("#14598C", 1) == "#14598C"
