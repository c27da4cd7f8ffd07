"""Debian's Chromium, or another Chrome, for tests that look at pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM: Final = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
expect.set_options(timeout=60_000)  # a machine that is busy with other tests is slow, not wrong
MISSING: Final = "Chromium is missing: `apt-get install chromium`, or name it in CHROMIUM"
needs_chromium: Final = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
OFF: Final = ("MediaRouter", "OptimizationHints", "WebUIOmniboxAimPopup", "WebUIOmniboxPopup")
"""Features that no test needs. Two of them start a process for each page, for what is typed as its address."""


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """A browser without a window, ended with the block."""
    with sync_playwright() as playwright:
        # Without --disable-gpu Chromium emulates one, for an eighth more of processor time.
        fixed = ["--disable-gpu", f"--disable-features={','.join(OFF)}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            fixed.append("--no-sandbox")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*fixed, *arguments])
        try:
            yield browser
        finally:
            browser.close()
