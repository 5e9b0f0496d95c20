"""What a workflow's code can command, read off its source: what a change of the code may have changed.

``python -m tests.replay.fingerprint`` writes ``fingerprints.json`` anew.
"""

import ast
import functools
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import workflows
from workflows.contract import Activity
from workflows.discovery import passed_through

FINGERPRINTS = Path(__file__).parent / "fingerprints.json"

_PACKAGE = Path(workflows.__file__).parent
_TIMERS = frozenset({"sleep", "wait_condition"})
_COMMANDS = _TIMERS | {
    "continue_as_new",
    "deprecate_patch",
    "execute_activity",
    "execute_child_workflow",
    "execute_local_activity",
    "patched",
    "set_query_handler",
    "set_signal_handler",
    "set_update_handler",
    "start_activity",
    "start_child_workflow",
    "start_local_activity",
    "upsert_memo",
    "upsert_search_attributes",
}
_BLOCKS = {
    ast.AsyncFor: "for",
    ast.AsyncWith: "with",
    ast.ExceptHandler: "except",
    ast.For: "for",
    ast.If: "if",
    ast.Try: "try",
    ast.While: "while",
    ast.With: "with",
}
_CLAUSES = {"orelse": "else", "finalbody": "finally"}
_ROWS = {
    constant: row.name
    for module in passed_through()
    if module.endswith(".activities")
    for constant, row in vars(importlib.import_module(module)).items()
    if isinstance(row, Activity)
}


@functools.cache
def fingerprints() -> dict[str, list[str]]:
    """The commands of every workflow class and of the modules it uses, in the order of the source."""
    modules = {_name(path): ast.parse(path.read_text()) for path in sorted(_PACKAGE.rglob("*.py"))}
    found = {}
    for name, tree in modules.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and any(map(_defines_workflow, node.decorator_list)):
                helpers = sorted(_used(name, modules) - {name})
                commands = [f"{node.name} > {ast.unparse(decorator)}" for decorator in node.decorator_list]
                commands += _commands(node, node.name)
                for helper in helpers:
                    commands += _commands(modules[helper], helper.removeprefix("workflows."))
                found[node.name] = commands
    return found


def _name(path: Path) -> str:
    parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _defines_workflow(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "workflow.defn"


def _used(name: str, modules: dict[str, ast.Module], seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The modules of ``workflows`` that this one imports, and theirs."""
    seen |= {name}
    for node in ast.walk(modules[name]):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for found in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                if found in modules and found not in seen:
                    seen = _used(found, modules, seen)
    return seen


def _commands(node: ast.AST, where: str) -> Iterator[str]:
    """Every command below the node as ``place > blocks > command``."""
    for part, child in _children(node):
        inside = f"{where} > {part}" if part else where
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{inside}.{child.name}"
        elif block := _BLOCKS.get(type(child)):
            inside = f"{inside} > {block}"
        if isinstance(child, ast.Call) and (command := _command(child)):
            yield f"{inside} > {command}"
        yield from _commands(child, inside)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Everything below, and the part of its parent that it is in where that matters."""
    for name, value in ast.iter_fields(node):
        part = _CLAUSES.get(name, "") if isinstance(node, ast.stmt) else ""
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield part, child


def _command(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Name) and node.func.id == "call" and node.args:
        return f"activity {_ROWS.get(ast.unparse(node.args[0]), 'of a variable')}"
    match node.func:
        case ast.Attribute(value=ast.Name(id="workflow"), attr=attribute) if attribute in _COMMANDS:
            return _described(attribute, node)
        case ast.Attribute(value=ast.Name(id="asyncio"), attr="sleep"):
            return "turn of the loop"  # no command, but what runs in it decides the order of the others
    return None


def _described(attribute: str, node: ast.Call) -> str | None:
    """With what tells one command from another; payloads and durations do not."""
    keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if attribute == "wait_condition":
        return f"timer {keywords.get('timeout_summary', '')}".rstrip() if "timeout" in keywords else None
    if attribute == "sleep":
        return f"timer {keywords.get('summary', '')}".rstrip()
    if attribute.startswith("set_") or attribute in ("patched", "deprecate_patch"):
        return f"{attribute}({', '.join(map(ast.unparse, node.args))})"
    return attribute


def main() -> None:
    """Write the fingerprints of the code as it is."""
    FINGERPRINTS.write_text(json.dumps(fingerprints(), indent=2) + "\n")


if __name__ == "__main__":
    main()
