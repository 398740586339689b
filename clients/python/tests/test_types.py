"""The package is typed, as the two checkers of types see it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
HERE = ["--pythonpath", sys.executable, "--pythonversion", "{}.{}".format(*sys.version_info)]


@pytest.mark.parametrize(("checker", "options"), [("mypy", []), ("pyright", HERE)])
def test_has_no_error(checker: str, options: list[str]) -> None:
    pytest.importorskip(checker)
    command = [sys.executable, "-m", checker, *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
