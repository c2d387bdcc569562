"""What the first visit to a page loads: the requests, and the bytes of each as they are sent.

    python -m tests.load.first_visit                     # the page of the shipped deck, on a server of its own
    python -m tests.load.first_visit --against DIR       # also of another checkout, for comparison
    python -m tests.load.first_visit --page /decks/deep-learning/learn/

Chromium loads the page with an empty cache. Ends with 1 if the page is over one of the limits below.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from studysite.server.paths import BASE_DIR
from tests import programs
from tests.load import sites

PAGE = "/decks/deep-learning/"
MOST_REQUESTS, MOST_BYTES, MOST_FONT_BYTES = 6, 40_000, 60_000
"""Of one page. Bytes are those of bodies, compressed as they are sent; fonts count by themselves."""


@dataclass(frozen=True)
class Sent:
    """One response: the bytes of its body as they were sent, and of its headers."""

    address: str
    encoding: str
    body: int
    headers: int

    @property
    def is_font(self) -> bool:
        return self.address.endswith(".woff2")


def visit(browser: Browser, address: str, *, after: str = "") -> list[Sent]:
    """Everything that the browser loads for a page, without cookies; its cache has only the page ``after``."""
    context = browser.new_context()
    page = context.new_page()
    if after:
        page.goto(after, wait_until="networkidle")
    devtools = context.new_cdp_session(page)
    responses: dict[str, dict[str, Any]] = {}
    lengths: dict[str, int] = {}
    devtools.on("Network.responseReceived", lambda event: responses.update({event["requestId"]: event}))
    devtools.on(
        "Network.loadingFinished",
        lambda event: lengths.update({event["requestId"]: int(event["encodedDataLength"])}),
    )
    devtools.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    context.close()
    return [
        sent(responses[request]["response"], length)
        for request, length in lengths.items()
        # What comes from the cache has no bytes: the site's icon is in the file of the page's icons.
        if request in responses and length
    ]


def sent(response: dict[str, Any], length: int) -> Sent:
    headers = {name.lower(): value for name, value in response["headers"].items()}
    body = int(headers["content-length"])
    return Sent(response["url"], headers.get("content-encoding", ""), body, length - body)


def total(loaded: Iterable[Sent], *, fonts: bool) -> int:
    """Bytes of the bodies: of fonts, or of everything else."""
    return sum(one.body for one in loaded if one.is_font == fonts)


def show(loaded: Sequence[Sent]) -> None:
    print(f"{'body':>8} {'headers':>8}  {'':<6}")
    for one in loaded:
        print(f"{one.body:8,} {one.headers:8,}  {one.encoding:<6} /{one.address.split('/', 3)[3]}")
    rest = total(loaded, fonts=False)
    headers = sum(one.headers for one in loaded)
    print(
        f"{len(loaded)} requests: {rest:,} bytes, {total(loaded, fonts=True):,} of fonts, {headers:,} of headers\n"
    )


def wrong(loaded: Sequence[Sent]) -> list[str]:
    """A line for each limit that is exceeded."""
    figures = {
        "requests": (len(loaded), MOST_REQUESTS),
        "bytes": (total(loaded, fonts=False), MOST_BYTES),
        "bytes of fonts": (total(loaded, fonts=True), MOST_FONT_BYTES),
    }
    return [f"{name}: {found:,}, above {most:,}" for name, (found, most) in figures.items() if found > most]


def visit_checkout(browser: Browser, checkout: Path, page: str) -> list[Sent]:
    with (
        tempfile.TemporaryDirectory(prefix="studysite-visit-") as folder,
        sites.site(Path(folder) / "data", checkout=checkout, workers=1, LOG_LEVEL="ERROR") as served,
    ):
        return visit(browser, f"http://localhost:{served.port}{page}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", default=PAGE, help="the path of the page")
    parser.add_argument("--against", type=Path, help="another checkout of the site")
    chosen = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=programs.find_chromium(), args=list(programs.CHROMIUM_FLAGS)
        )
        if chosen.against:
            print(chosen.against)
            show(visit_checkout(browser, chosen.against.resolve(), chosen.page))
        loaded = visit_checkout(browser, BASE_DIR, chosen.page)
        show(loaded)
        browser.close()
    if exceeded := wrong(loaded):
        sys.exit("\n".join(exceeded))


if __name__ == "__main__":
    main()
