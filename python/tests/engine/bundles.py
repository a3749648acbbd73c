"""Bundles written by hand: an app as its user writes it, and the blocks of its split methods.

A `.blocks` file holds classes with the functions that replace split methods; `#: 12` at the end of a line names the line of the
user's file that it comes from.
"""

from __future__ import annotations

import ast
import json
import re
from hashlib import blake2b
from pathlib import Path
from typing import Any

APPS = Path(__file__).parent / "apps"

_ORIGIN = re.compile(r"  #: (\d+)$")
_Function = tuple[list[str], list[dict[str, Any]]]


def write_bundle(app: str, folder: Path) -> Path:
    """Write the bundle of one of the apps here, and return where it is."""
    source = (APPS / f"{app}.py").read_text("utf-8")
    methods = _read_blocks((APPS / f"{app}.blocks").read_text("utf-8"))
    generated, lines, functions, entities = _weave(app, source, methods)
    cut = [_function(app, source, *name, blocks) for name, blocks in methods.items()]
    bundle = folder / app
    (bundle / "app").mkdir(parents=True)
    (bundle / "app" / f"{app}.py").write_text(generated, "utf-8")
    ir = {
        "version": 1,
        "name": app,
        "modules": [{"name": app, "path": f"{app}.py", "source": source, "imports_before": 1}],
        "entities": entities,
        "functions": cut,
    }
    digest = blake2b(generated.encode(), digest_size=8).hexdigest()
    _write(bundle / "dataflow.json", ir)
    _write(bundle / "linemap.json", {f"{app}.py": {"lines": lines, "functions": functions}})
    about = {"format": 1, "target": "local", "app": app, "options": {}, "python": ">=3.11", "digest": digest}
    _write(bundle / "bundle.json", about)
    return bundle


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1), "utf-8")


def _read_blocks(text: str) -> dict[tuple[str, str], list[list[str]]]:
    """Return the functions that replace each method, by class and method; the entry first."""
    rows = text.split("\n")
    found: dict[tuple[str, str], list[list[str]]] = {}
    for cls in ast.parse(text).body:
        assert isinstance(cls, ast.ClassDef)
        for function in cls.body:
            assert isinstance(function, ast.FunctionDef)
            first = min([function.lineno, *(mark.lineno for mark in function.decorator_list)])
            method = function.name.partition("__")[0]
            found.setdefault((cls.name, method), []).append(rows[first - 1 : function.end_lineno])
    return found


def _weave(
    app: str, source: str, methods: dict[tuple[str, str], list[list[str]]]
) -> tuple[str, list[list[int]], list[list[Any]], list[dict[str, Any]]]:
    rows = source.split("\n")
    out: list[str] = []
    lines: list[list[int]] = []
    functions: list[list[Any]] = []
    entities: list[dict[str, Any]] = []
    copied = 0

    def copy(until: int) -> None:
        nonlocal copied
        for number in range(copied + 1, until + 1):
            out.append(rows[number - 1])
            lines.append([len(out), number, 1])
            if rows[number - 1] == "import stateflow":
                out.append("from stateflow import flow")
        copied = until

    for cls in ast.parse(source).body:
        if not isinstance(cls, ast.ClassDef) or not any("entity" in ast.unparse(mark) for mark in cls.decorator_list):
            continue
        entity = _entity(app, cls)
        entities.append(entity)
        for function in cls.body:
            assert isinstance(function, ast.FunctionDef)
            if function.name == "__init__":
                entity["init"] = _params(function)
            if function.name.startswith("__"):
                continue
            blocks = methods.get((cls.name, function.name))
            if blocks is not None:
                copy(function.lineno - 1)
                copied = function.end_lineno or 0
                for index, block in enumerate(blocks):
                    if index:
                        out.append("")
                    first = len(out) + 1
                    for row in block:
                        origin = _ORIGIN.search(row)
                        out.append(_ORIGIN.sub("", row))
                        if origin:
                            lines.append([len(out), int(origin[1]), 1])
                    functions.append([first, len(out), f"{cls.name}.{function.name}"])
            entity["methods"].append(_method(app, cls.name, function, blocks))
    copy(len(rows))
    return "\n".join(out), lines, functions, entities


def _function(app: str, source: str, cls: str, method: str, blocks: list[list[str]]) -> dict[str, Any]:
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == cls]
    (definition,) = (node for node in classes[0].body if isinstance(node, ast.FunctionDef) and node.name == method)
    return {
        "module": app,
        "name": f"{cls}.{method}",
        "origin": {"path": f"{app}.py", "first": definition.lineno, "last": definition.end_lineno},
        "is_async": False,
        "receiver": "self",
        "blocks": [_block(block) for block in blocks],
    }


def _entity(app: str, cls: ast.ClassDef) -> dict[str, Any]:
    return {"name": cls.name, "module": app, "key": {"type": "str", "fields": ["name"]}, "init": [], "methods": []}


def _params(function: ast.FunctionDef) -> list[dict[str, str]]:
    return [{"name": argument.arg, "kind": "regular"} for argument in function.args.args[1:]]


def _method(app: str, cls: str, function: ast.FunctionDef, blocks: list[list[str]] | None) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": "plain"}
    if blocks is not None:
        body = {"kind": "split", "module": app, "function": f"{cls}.{function.name}"}
    return {
        "name": function.name,
        "origin": {"path": f"{app}.py", "first": function.lineno, "last": function.end_lineno},
        "params": _params(function),
        "body": body,
    }


def _block(rows: list[str]) -> dict[str, Any]:
    text = "\n".join(rows)
    name = re.search(r"def (\w+)", text)
    resumes = re.search(r"@flow\.resume\(.*#: (\d+)", rows[0])
    assert name is not None
    return {
        "name": name[1],
        "digest": blake2b(text.encode(), digest_size=8).hexdigest(),
        "resumes_at": int(resumes[1]) if resumes else None,
        "takes_errors": False,
        "body": _body(text),
    }


def _body(text: str) -> list[dict[str, Any]]:
    """Of the nodes only the read of a parameter that a block consists of."""
    found = re.fullmatch(
        r"\s+def \w+\(self, (.*)\).*:\s+return flow\.read\((\w+), \"(\w+)\"\)\.then\(\w+\.(\w+)(.*)\).*", text
    )
    if found is None or f"{found[2]}:" not in found[1]:
        return []
    live = [{"name": name, "maybe_unbound": False} for name in re.findall(r"(\w+)=", found[5])]
    then = {"block": found[4], "live": live}
    return [{"kind": "read", "attributes": [found[3]], "parameter": found[2], "then": then}]
