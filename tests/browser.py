"""A real browser for pages on the disk: where it is, and what it saw."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WHY = (
    "needs a browser: the packages playwright and axe-playwright-python, and chromium "
    "on the path or named by MIGRATION_CHROMIUM"
)


def program() -> str | None:
    """The browser on this machine, if there is one."""
    named = os.environ.get("MIGRATION_CHROMIUM")
    return named or next((p for name in PROGRAMS if (p := shutil.which(name))), None)


def arguments() -> list[str]:
    """A sandbox of its own is not to be had where everybody is the administrator."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox"] if is_root else []


@contextmanager
def launched():
    """The browser, running; only where the tests' own marks let it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        held = started.chromium.launch(
            executable_path=program(), args=arguments(), timeout=60_000
        )
        yield held
        held.close()


@dataclass
class Seen:
    """What a page did while it was open."""

    dialogs: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    errors: list = field(default_factory=list)


@dataclass
class Opened:
    """A page in a browser, and what was seen of it."""

    page: object
    path: Path
    seen: Seen


def open_page(browser, path: Path, **context) -> Opened:
    """Open a file; its dialogs, requests and errors are kept."""
    page = browser.new_context(**context).new_page()
    seen = Seen()
    page.on("dialog", lambda one: (seen.dialogs.append(one.message), one.dismiss()))
    page.on("request", lambda one: seen.requests.append(one.url))
    page.on("pageerror", lambda one: seen.errors.append(str(one)))
    page.on(
        "console",
        lambda one: seen.errors.append(one.text) if one.type == "error" else None,
    )
    page.goto(path.resolve().as_uri())
    return Opened(page, path, seen)
