"""What the shipped themes promise to the eye: contrast, calm, and states that any colour vision tells apart."""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from console.model.agent import NEEDS_PERSON, AgentState
from console.theming import load_themes, state_variables, theme_folders

Triple = tuple[float, float, float]

SHIPPED: Final = {theme.name: theme for theme in load_themes(theme_folders()[:1])[0]}
CALM: Final = frozenset(AgentState) - NEEDS_PERSON
WAITS: Final = NEEDS_PERSON - {AgentState.ERROR, AgentState.DEAD, AgentState.LIMIT}

# Machado, Oliveira, Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# severity 1.0; applied to linear RGB.
VISION: Final[dict[str, tuple[Triple, Triple, Triple]]] = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Triple:
    """sRGB to linear RGB (IEC 61966-2-1), 0 to 1."""
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in Color.parse(colour).normalized)
    return r, g, b


def seen(colour: str, vision: str) -> Triple:
    """Linear RGB of *colour* as *vision* sees it."""
    source = linear(colour)
    r, g, b = (min(1.0, max(0.0, sum(k * v for k, v in zip(row, source, strict=True)))) for row in VISION[vision])
    return r, g, b


def lab(rgb: Triple) -> Triple:
    """CIELAB (D65) of linear RGB."""
    r, g, b = rgb
    xyz = (
        (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883,
    )
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_e(one: str, other: str, vision: str) -> float:
    """CIE76 colour difference as *vision* sees it."""
    pair = zip(lab(seen(one, vision)), lab(seen(other, vision)), strict=True)
    return float(sum((a - b) ** 2 for a, b in pair) ** 0.5)


def lightness(colour: str, vision: str = "normal") -> float:
    """CIE L*, 0 to 100."""
    return lab(seen(colour, vision))[0]


def chroma(colour: str) -> float:
    """CIE C*: distance from grey."""
    _lightness, a, b = lab(linear(colour))
    return float((a * a + b * b) ** 0.5)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    low, high = sorted(
        sum(k * v for k, v in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


def grounds(theme: Theme) -> list[str]:
    """What state colours are drawn on."""
    colours = theme.to_color_system().generate()
    return [colours[name] for name in ("background", "surface", "panel")]


def test_the_instruments_measure_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx((53.24, 80.09, 67.20), abs=0.05)
    for vision in VISION:
        assert seen("#ffffff", vision) == pytest.approx((1.0, 1.0, 1.0), abs=1e-4)
    # A red and a green that only red-green vision tells apart: the check below must be able to fail.
    assert delta_e("#cc5500", "#7a8a00", "normal") > 40
    assert delta_e("#cc5500", "#7a8a00", "deuteranopia") < 25


def test_the_shipped_themes_are_there() -> None:
    assert set(SHIPPED) == {"oc-dark", "oc-light", "oc-contrast", "oc-colorblind", "oc-dancheong"}
    assert [name for name, theme in SHIPPED.items() if not theme.dark] == ["oc-light"]


@pytest.mark.parametrize("name", SHIPPED)
def test_text_reads_on_every_ground(name: str) -> None:
    theme = SHIPPED[name]
    wanted = 7.0 if name == "oc-contrast" else 4.5
    assert theme.foreground is not None
    muted = theme.variables["text-muted"]
    for ground in grounds(theme):
        assert contrast(theme.foreground, ground) >= wanted
        assert contrast(theme.variables["text"], ground) >= wanted
        assert contrast(muted, ground) >= wanted, f"text-muted on {ground}"
    cursor = theme.variables["block-cursor-foreground"], theme.variables["block-cursor-background"]
    assert contrast(*cursor) >= wanted


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("state", AgentState)
def test_every_state_reads_on_every_ground(name: str, state: AgentState) -> None:
    theme = SHIPPED[name]
    wanted = 7.0 if name == "oc-contrast" else 4.5 if state in NEEDS_PERSON else 3.0
    colour = theme.variables[f"state-{state}"]
    for ground in grounds(theme):
        assert contrast(colour, ground) >= wanted, f"{colour} on {ground}"


@pytest.mark.parametrize("name", [name for name in BUILTIN_THEMES if not BUILTIN_THEMES[name].ansi])
def test_states_read_in_textuals_own_themes_too(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    for state in AgentState:
        colour = state_variables(theme)[f"state-{state}"]
        for ground in grounds(theme):
            assert contrast(colour, ground) >= (4.5 if state in NEEDS_PERSON else 3.0), f"{state} {colour} on {ground}"


@pytest.mark.parametrize("name", SHIPPED)
def test_only_what_needs_a_person_is_colourful(name: str) -> None:
    variables = SHIPPED[name].variables
    loud = min(chroma(variables[f"state-{state}"]) for state in NEEDS_PERSON)
    calm = max(chroma(variables[f"state-{state}"]) for state in CALM)
    assert loud >= 1.6 * calm
    frames = chroma(variables["border-blurred"])
    assert frames < 8, "frames stay near grey"


@pytest.mark.parametrize("vision", VISION)
def test_colorblind_states_differ_for_every_vision(vision: str) -> None:
    variables = SHIPPED["oc-colorblind"].variables
    for person, calm in product(NEEDS_PERSON, CALM):
        one, other = variables[f"state-{person}"], variables[f"state-{calm}"]
        assert delta_e(one, other, vision) >= 30, f"{person} {calm}"
        assert lightness(one, vision) - lightness(other, vision) >= 12, f"{person} {calm}: not by hue alone"


@pytest.mark.parametrize("vision", VISION)
def test_colorblind_errors_differ_from_waits(vision: str) -> None:
    variables = SHIPPED["oc-colorblind"].variables
    for wait, broken in product(WAITS, (AgentState.ERROR, AgentState.DEAD)):
        one, other = variables[f"state-{wait}"], variables[f"state-{broken}"]
        assert delta_e(one, other, vision) >= 15
        assert abs(lightness(one, vision) - lightness(other, vision)) >= 8
