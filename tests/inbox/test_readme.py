"""README.md fits on three screens, as GitHub shows it.

A screen is 1080 CSS px high: a full-HD monitor with nothing but the page on it. The look is
GitHub's (github-markdown-css) in a column of 830 px. Its fonts are not here; DejaVu, which is, is
wider than any of them: lines break sooner, and the page is rather too high than too low.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
SCREENS, SCREEN_PX, COLUMN_PX = 3, 1080, 830
# GitHub draws the picture with Mermaid, which is not here: it was drawn with 11.17 in this column
# once, and a box of its height stands for it. A new picture, with another CRC, is measured again.
PICTURE, PICTURE_PX = 701194703, 174
LOOK = f"""
body {{ margin: 0; display: flow-root; width: {COLUMN_PX}px;
        font: 16px/1.5 "DejaVu Sans", sans-serif; }}
body > :first-child {{ margin-top: 0; }}
p, ul, table, pre, details, .picture {{ margin: 0 0 16px; }}
h1, h2 {{ margin: 24px 0 16px; line-height: 1.25; padding-bottom: .3em; border-bottom: 1px solid; }}
h1 {{ font-size: 2em; }}
h2 {{ font-size: 1.5em; }}
ul {{ padding-left: 2em; }}
li + li {{ margin-top: .25em; }}
table {{ display: block; width: max-content; max-width: 100%; overflow: auto;
         border-collapse: collapse; }}
th, td {{ padding: 6px 13px; border: 1px solid; }}
code, pre {{ font: 13.6px "DejaVu Sans Mono", monospace; }}
code {{ padding: .2em .4em; background: #eee; }}
pre {{ padding: 16px; overflow: auto; line-height: 1.45; background: #eee; }}
pre code {{ padding: 0; }}
img {{ max-width: 100%; }}
.picture {{ height: {PICTURE_PX}px; background: #eee; }}
"""


def page() -> str:
    """Give README.md as one page of HTML; its folds are closed."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    body = MarkdownIt("commonmark").enable("table").render(text)
    body = re.sub(r"<pre><code class=.language-mermaid.*?</pre>", '<div class="picture"></div>',
                  body, flags=re.DOTALL)  # fmt: skip
    return f'<!doctype html><base href="{ROOT.as_uri()}/"><style>{LOOK}</style>{body}'


def test_the_picture_is_the_one_that_was_measured() -> None:
    (picture,) = re.findall(
        r"```mermaid\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert zlib.crc32(picture.encode()) == PICTURE


def test_it_fits_on_three_screens(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "README.html"
    file.write_text(page(), encoding="utf-8")
    shown = browser.new_page(viewport={"width": COLUMN_PX, "height": SCREEN_PX})
    shown.goto(file.as_uri())
    assert shown.evaluate("[...document.images].every(one => one.naturalWidth > 0)")
    height = shown.evaluate("document.documentElement.scrollHeight")
    shown.close()
    assert height <= SCREENS * SCREEN_PX
