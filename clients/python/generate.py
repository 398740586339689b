"""Writes the generated files of the package.

    python generate.py                   src/telegate/_sync, from src/telegate/_async
    python generate.py OPENAPI           models.py and _async/endpoints.py as well; OPENAPI: a service's
                                         /openapi.json, as a file or a URL
    python generate.py --check [OPENAPI] writes nothing; fails if a file differs
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from generator.endpoints import endpoints_module
from generator.models import Models
from generator.sync import sync_files

PACKAGE = Path(__file__).parent / "src" / "telegate"


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    sources = [argument for argument in arguments if argument != "--check"]
    wanted = generated_from(read(sources[0])) if sources else {}
    wanted.update(sync_files(PACKAGE, wanted))
    differing = [name for name, text in wanted.items() if current(name) != text]
    for name in differing:
        if check:
            print(f"{name} is not what generate.py writes")
        else:
            (PACKAGE / name).write_text(wanted[name], encoding="utf-8")
            print(f"wrote {name}")
    return 1 if check and differing else 0


def read(source: str) -> dict[str, Any]:
    if not source.startswith("http"):
        return json.loads(Path(source).read_text(encoding="utf-8"))
    with urllib.request.urlopen(source, timeout=30) as answer:
        return json.load(answer)


def current(name: str) -> str | None:
    path = PACKAGE / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def generated_from(document: dict[str, Any]) -> dict[str, str]:
    models = Models(document["components"]["schemas"])
    endpoints = endpoints_module(document, models)
    return {"models.py": models.module(), "_async/endpoints.py": endpoints}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
