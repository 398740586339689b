"""The types of the answers, from the schemas of the document."""

from __future__ import annotations

import json
import keyword
import re
from typing import Any

from .names import MODEL_NAMES, pascal
from .text import HEADER, one_line


class Models:
    """The TypedDicts of the schemas, named after the components or after where they are used."""

    def __init__(self, components: dict[str, Any]) -> None:
        self.classes: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for name, schema in components.items():
            self.type_of(schema, name)

    def module(self) -> str:
        head = HEADER.format(what="What the service answers, as its OpenAPI document says.", source="/openapi.json")
        text = "".join(f"\n\n{text}" for text in self.classes.values())
        names = ", ".join(name for name in ("Any", "Literal", "TypedDict") if re.search(rf"\b{name}\b", text))
        return f"{head}from __future__ import annotations\n\nfrom typing import {names}\n{text}"

    def type_of(self, schema: dict[str, Any], name: str) -> str:
        """The Python type; an object with properties becomes a TypedDict called `name`."""
        if "$ref" in schema:
            return schema["$ref"].split("/")[-1]
        if "const" in schema:
            return f"Literal[{json.dumps(schema['const'])}]"
        if "enum" in schema:
            return f"Literal[{', '.join(map(json.dumps, schema['enum']))}]"
        kinds = schema.get("type")
        if kinds is None and "anyOf" in schema:
            return union(self.type_of(part, name) for part in schema["anyOf"])
        if isinstance(kinds, list):
            return union(self.type_of({**schema, "type": kind}, name) for kind in kinds)
        if kinds == "array":
            return f"list[{self.type_of(schema.get('items', {}), name)}]"
        if kinds == "object":
            return self.object(schema, name)
        simple = {"integer": "int", "number": "float", "string": "str", "boolean": "bool", "null": "None"}
        return simple.get(kinds, "Any")

    def object(self, schema: dict[str, Any], name: str) -> str:
        properties = schema.get("properties")
        if not properties:
            values = schema.get("additionalProperties")
            value = self.type_of(values, name) if isinstance(values, dict) and values else "Any"
            return f"dict[str, {value}]"
        required = set(schema.get("required", []))
        fields = {key: self.type_of(value, name + pascal(key)) for key, value in properties.items()}
        lines = {key: field_text(key, fields[key], properties[key]) for key in properties}
        # Two objects with the same fields are one type.
        known = self._names.setdefault("".join(lines.values()) + repr(sorted(required)), MODEL_NAMES.get(name, name))
        if known in self.classes:
            return known
        return self.typed_dict(known, lines, required)

    def typed_dict(self, name: str, lines: dict[str, str], required: set[str]) -> str:
        always = {key: text for key, text in lines.items() if key in required}
        maybe = {key: text for key, text in lines.items() if key not in required}
        if always and maybe:
            text = class_text(f"_{name}Always", "TypedDict", always)
            self.classes[name] = f"{text}\n\n{class_text(name, f'_{name}Always, total=False', maybe)}"
        else:
            self.classes[name] = class_text(name, "TypedDict, total=False" if maybe else "TypedDict", maybe or always)
        return name


def class_text(name: str, bases: str, lines: dict[str, str]) -> str:
    if not any(keyword.iskeyword(key) for key in lines):
        return f"class {name}({bases}):\n{''.join(lines.values())}"
    # Only as a call can it have a field that is called as a word of Python is.
    kinds = {key: re.match(r"\s*\w+: (.*)", text)[1] for key, text in lines.items()}
    fields = "".join(f'        "{key}": "{kind}",\n' for key, kind in kinds.items())
    return f'{name} = TypedDict(\n    "{name}",\n    {{\n{fields}    }},\n)\n'


def field_text(name: str, kind: str, schema: dict[str, Any]) -> str:
    description = schema.get("description")
    comment = f'    """{one_line(description)}"""\n' if description else ""
    return f"    {name}: {kind}\n{comment}"


def union(kinds: Any) -> str:
    found: list[str] = []
    for kind in kinds:
        found.extend(part for part in kind.split(" | ") if part not in found)
    return " | ".join(sorted(found, key=lambda kind: kind == "None"))
