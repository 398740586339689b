"""A real service with data centres of its own, started once for all tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[3]
START = ["node", "dist/sandbox/run.js", "--json", "--port", "0", "--dc-port", "0", "--control-port", "0"]


@pytest.fixture(scope="session")
def started() -> Iterator[Sandbox]:
    if shutil.which("node") is None or not (ROOT / START[1]).exists():
        pytest.skip("the service is not built: npx tsc")
    with tempfile.TemporaryDirectory() as directory, subprocess.Popen(
        [*START, "--directory", directory],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the sandbox did not start"
            yield Sandbox(json.loads(line))
        finally:
            process.terminate()


@pytest.fixture
def sandbox(started: Sandbox) -> Iterator[Sandbox]:
    """Every test finds all sessions free, and leaves no lease behind."""
    yield started
    left = started.restore()
    assert left == [], "leases were left behind"
