"""Take the README's picture of the report's first page: `make screenshot` after `make report`."""

import os
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def main() -> None:
    """Open reports/quick/index.html in headless Chromium and save docs/report.png."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="light")
        page.goto((ROOT / "reports/quick/index.html").as_uri())
        page.screenshot(path=ROOT / "docs/report.png")
        browser.close()


if __name__ == "__main__":
    main()
