# SPDX-License-Identifier: MIT
"""Packages of PyPI that tests hold ours against, in virtual environments in the cache."""

import os
import pathlib
import shutil
import subprocess
import unittest

PATIENCE = 300  # seconds that installing may take


def cache():
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    return folder / "bittensor"


def python_with(name, *packages, system_packages=False):
    """The Python of the environment `name`, made with `packages` if it is not there. With
    `system_packages` it sees Debian's, such as python3-torch, too. Skips the test that asks if that
    cannot be done: without PyPI."""
    folder = cache() / f"pypi-{name}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    make = ["/usr/bin/python3", "-m", "venv", *["--system-site-packages"] * system_packages, folder]
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--retries", "1", "--timeout", "15", *packages]
    try:
        for command in (make, install):
            subprocess.run([str(part) for part in command], check=True, timeout=PATIENCE,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (subprocess.SubprocessError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        raise unittest.SkipTest(f"PyPI is not reached: no {', '.join(packages)}") from None
    (folder / "complete").touch()
    return python
