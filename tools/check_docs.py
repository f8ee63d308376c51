#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the pages: links within the repository lead somewhere, and quoted programs are the real ones.

    tools/check_docs.py [ROOT]     prints what is wrong; exit 1 if anything
"""

import pathlib
import re
import sys

# A page, and the source whose includes and code it must quote in full.
QUOTED = {"docs/your_own_model.md": "examples/custom/main.cc"}

CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def anchors(page):
    """The headings of a page as links name them."""
    text = CODE.sub("", page.read_text())
    names = [re.sub(r"[^\w\- ]", "", heading.strip().lower()) for heading in HEADING.findall(text)]
    return {name.replace(" ", "-") for name in names}


def broken_links(page, root):
    for target in LINK.findall(CODE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"{page.relative_to(root)}: no {target}"
        elif anchor and anchor not in anchors(file):
            yield f"{page.relative_to(root)}: no heading {target}"


def main(root):
    pages = [page for page in root.rglob("*.md")
             if not {"build", ".git", "node_modules", "runs"} & set(page.relative_to(root).parts)]
    wrong = [line for page in sorted(pages) for line in broken_links(page, root)]
    for page, source in QUOTED.items():
        code = (root / source).read_text()
        if code[code.index("#include"):].strip() not in (root / page).read_text():
            wrong.append(f"{page} does not quote {source} as it is")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]).resolve()))
