"""The parts of the maths font: formulas look as in the whole font, and few parts are loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route

from cards.text.markdown import render
from studysite.server import fonts

pytestmark = pytest.mark.long
ELSEWHERE = "http://fonts.invalid"
STYLES = (Path(settings.BASE_DIR) / "static/css/maths.css").read_text("utf-8")
# A pixel more or less is the rounding of one letter's outline.
ROUNDING = 1.01
SIZES = """() => [...document.querySelectorAll("section")].map((formula) =>
    [...formula.querySelectorAll("math, math *")].map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return [element.textContent, width, height];
    }))"""
FORMULAS = r"""
x^2+y_1=\frac{a+b}{c}
\left(\frac{\frac{a}{b}}{\frac{c}{d}}\right)\left[\begin{matrix}a\\c\\e\end{matrix}\right]
\left\{\begin{matrix}a\\b\\c\end{matrix}\right.\left|\frac{a}{b}\right|+\left\|\frac{a}{b}\right\|
\left\lfloor\frac{a}{b}\right\rfloor\left\lceil\frac{a}{b}\right\rceil\left\langle\frac{a}{b}\right\rangle
\sqrt{\frac{a}{b}}+\sqrt[3]{x}+\sqrt{\sqrt{\sqrt{x}}}
\int_0^\infty e^{-x^2}\,dx=\frac{\sqrt\pi}{2}+\oint\iint\iiint f
\sum_{i=1}^n i^2\prod_{k=1}^m k\bigcup_i A_i\bigcap_i A_i\bigoplus V_i\coprod X
\hat{x}+\bar{x}+\vec{v}+\tilde{y}+\dot{z}+\ddot{z}+\check{c}+\widehat{abc}+\overrightarrow{AB}
\overbrace{a+b+c}^{n}+\underbrace{a+b+c}_{m}+A\xrightarrow{abcdef}B\xleftarrow{xyz}C
\left\uparrow\frac{a}{b}\right\downarrow\binom{n}{k}\left.\frac{d}{dx}\right|_{x=0}
\alpha\beta\zeta\lambda\omega+\Gamma\Sigma\Omega+\emptyset\varnothing
\mathbb{R}\mathbb{E}+\mathcal{L}+\mathscr{F}+\mathfrak{g}\mathfrak{S}+\mathbf{W}\boldsymbol{\theta}+\mathsf{T}\mathtt{code}
a\vdash b\models c\lesssim d\not=e
x_{i_{j_k}}^{2^{3^4}}+f''(x)
""".strip().split("\n")
Show = Callable[[str, list[str]], tuple[list[list[list[float]]], set[str]]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with each part and with the whole font."""
    folder = tmp_path_factory.mktemp("fonts")
    parts = {**fonts.PARTS, "whole": frozenset().union(*fonts.PARTS.values())}
    for part, code_points in parts.items():
        fonts.make_subset(fonts.source_path(), folder / Path(fonts.font_of(part)).name, code_points)
    return folder


@pytest.fixture
def show(page: Page, made: Path) -> Show:
    """Shows formulas with the given rules for fonts; returns the sizes of their elements, and the loaded parts."""
    loaded: set[str] = set()

    def send(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        loaded.add(name.removeprefix("stix-two-math-").removesuffix(".woff2"))
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(body=(made / name).read_bytes(), headers=headers, content_type="font/woff2")

    page.route(f"{ELSEWHERE}/**", send)

    def show(faces: str, formulas: list[str]) -> tuple[list[list[list[float]]], set[str]]:
        loaded.clear()
        # Fonts of this machine would be used before the site's.
        faces = faces.replace('local("STIX Two Math"), local("STIXTwoMath-Regular"), ', "")
        content = "".join(f"<section>{render(f'$${latex}$$')}</section>" for latex in formulas)
        styles = f"{faces.replace('../fonts', ELSEWHERE)}{STYLES} body {{ font: 17px serif }}"
        page.set_content(f"<!doctype html><style>{styles}</style>{content}")
        page.evaluate("document.fonts.ready")
        page.wait_for_function("() => [...document.fonts].every((font) => font.status !== 'loading')")
        return page.evaluate(SIZES), set(loaded)

    return show


def test_formulas_have_the_size_that_they_have_in_the_whole_font(show: Show) -> None:
    whole = fonts.FACE.format(file=fonts.font_of("whole"), ranges="U+0-10FFFF")
    (wanted, loaded), (found, parts) = show(whole, FORMULAS), show(fonts.faces(), FORMULAS)
    assert loaded == {"whole"}
    assert parts == fonts.PARTS.keys() - {"latin"}
    for latex, ours, theirs in zip(FORMULAS, found, wanted, strict=True):
        assert ours, latex
        assert [text for text, _, _ in ours] == [text for text, _, _ in theirs]
        for (text, *ours_size), (_, *theirs_size) in zip(ours, theirs, strict=True):
            assert ours_size == pytest.approx(theirs_size, abs=ROUNDING), (latex, text)


@pytest.mark.parametrize(
    ("latex", "parts"),
    [
        (r"\eta_i=\frac{\partial f}{\partial x_{\text{new}}}\left(\lambda\right)\neq 0", {"basic"}),
        (r"\mathbf{x}", {"basic", "bold"}),
        (r"\Sigma", {"basic", "greek"}),
        (r"\mathcal{L}+\emptyset", {"basic", "script"}),
    ],
)
def test_only_parts_with_letters_of_the_page_are_loaded(show: Show, latex: str, parts: set[str]) -> None:
    _, loaded = show(fonts.faces(), [latex + "=1"])
    assert loaded == parts
