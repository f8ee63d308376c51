#!/usr/bin/env python3
"""Checks the includes under bittensor/ against tools/layers.toml.

    tools/check_layers.py [ROOT]     prints each include that no row allows; exit 1 if any

"testing/" folders hold fakes and contract suites: only tests and other
testing/ folders may include them.
"""

import pathlib
import re
import sys
import tomllib

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
SOURCES = {".h", ".cc"}
PROJECT = "bittensor"
GENERATED = "bittensor/v1/"  # from proto/; a foreign header in the sense of layers.toml


def circle_in(table):
    """Returns one circle of folders as a list, or None."""
    state = {}

    def visit(folder, path):
        state[folder] = "open"
        for below in table[folder]:
            if state.get(below) == "open":
                return path[path.index(below):] + [below] if below in path else [folder, below]
            if below not in state:
                found = visit(below, path + [below])
                if found:
                    return found
        state[folder] = "done"
        return None

    for folder in table:
        if folder not in state:
            found = visit(folder, [folder])
            if found:
                return found
    return None


def is_for_tests(path):
    return "testing" in path.parts or path.stem.endswith(("_test", "_bench", "_fuzz"))


def complaints(root):
    table = tomllib.loads((root / "tools/layers.toml").read_text())
    folders, foreign = table["folders"], table["foreign"]

    for folder, below in folders.items():
        for name in below:
            if name not in folders:
                yield f"tools/layers.toml: {folder} names {name}, which has no row"
                return
    circle = circle_in(folders)
    if circle:
        yield "tools/layers.toml: a circle: " + " -> ".join(circle)
        return

    for path in sorted((root / PROJECT).rglob("*")):
        if path.suffix not in SOURCES:
            continue
        inside = path.relative_to(root / PROJECT)
        folder = inside.parts[0]
        if folder not in folders:
            yield f"{path.relative_to(root)}: folder {folder} has no row in tools/layers.toml"
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            header = match.group(1)
            where = f"{path.relative_to(root)}:{number}"
            if header.startswith(PROJECT + "/") and not header.startswith(GENERATED):
                target = pathlib.PurePosixPath(header).parts[1]
                if target != folder and target not in folders[folder]:
                    yield f"{where}: {folder} may not include {target} ({header})"
                if "/testing/" in header and not is_for_tests(inside):
                    yield f"{where}: only tests include testing/ ({header})"
            for prefix, allowed in foreign.items():
                if header.startswith(prefix) and not any(
                    inside.is_relative_to(place) for place in allowed
                ):
                    yield f"{where}: {folder} may not use {prefix} ({header})"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(complaints(root))
    print("\n".join(found) if found else "layers: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
