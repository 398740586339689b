"""What is generated is current, and what is published is whole."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Sandbox
from telegate import AsyncTeleGate

PROJECT = Path(__file__).resolve().parents[1]


def test_the_generated_files_are_what_the_service_documents(started: Sandbox) -> None:
    document = f"{started.base_url}/openapi.json"
    done = subprocess.run(
        [sys.executable, "generate.py", "--check", document], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}Run: python generate.py OPENAPI"


def test_the_built_wheel_works(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)], cwd=PROJECT, check=True)
    [wheel], [source] = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    assert "telegate/py.typed" in names
    assert not any("tests" in name for name in names)
    with tarfile.open(source) as archive:
        assert any(name.endswith("/LICENSE") for name in archive.getnames())
    code = "import telegate; print(telegate.__file__, telegate.TeleGate, telegate.AsyncTeleGate)"
    env = {"PYTHONPATH": str(wheel)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert str(wheel) in done.stdout


@pytest.mark.parametrize("client", [AsyncTeleGate.telethon, AsyncTeleGate.pyrogram])
def test_a_telegram_client_is_asked_for_as_a_session_is(client: Callable[..., object]) -> None:
    asked = inspect.signature(AsyncTeleGate.session).parameters.values()
    taken = inspect.signature(client).parameters.values()
    # What the session is encoded as is the client's own matter.
    assert [one for one in asked if one.name not in {"credentials", "format"} and one not in taken] == []
