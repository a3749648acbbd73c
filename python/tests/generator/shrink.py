"""Making a program smaller while something stays true of it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from .layout import spread
from .program import Program

Keeps = Callable[[Program], bool]
Edit = Callable[[ast.Module], bool]
"""Changes a tree in place; False where there is nothing to change."""


def shrink(program: Program, keeps: Keeps, *, whole: bool = False, tries: int = 1500) -> Program:
    """A smaller program of which the same is true, after at most so many tries; with `whole`, statements stay as they are."""
    search = _Search(program, keeps, tries)
    search.run(whole)
    return search.best


class _Search:
    def __init__(self, program: Program, keeps: Keeps, tries: int) -> None:
        self.best = program
        self._keeps = keeps
        self._tries = tries
        self._breaks = False
        """Whether statements stand on as many lines as they can: some differences are only of lines."""

    def run(self, whole: bool) -> None:
        if not self._try(self._written(ast.parse(self.best.source))):
            self._breaks = True
            self._try(self._written(ast.parse(self.best.source)))
        size = -1
        while size != self._size() and self._tries > 0:
            size = self._size()
            self._fewer_steps()
            self._fewer_statements()
            if not whole:
                self._smaller_nodes()

    def _written(self, tree: ast.Module) -> Program:
        source = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        return replace(self.best, source=spread(source, lambda: True) if self._breaks else source)

    def _size(self) -> int:
        return len(self.best.source) + sum(len(str(step)) for step in self.best.scenario)

    def _try(self, program: Program) -> bool:
        if self._tries <= 0 or program == self.best:
            return False
        self._tries -= 1
        if not self._keeps(program):
            return False
        self.best = program
        return True

    def _fewer_steps(self) -> None:
        count = max(1, len(self.best.scenario) // 2)
        while count:
            start = 0
            while start < len(self.best.scenario):
                steps = self.best.scenario
                if not self._try(replace(self.best, scenario=steps[:start] + steps[start + count :])):
                    start += count
            count //= 2

    def _fewer_statements(self) -> None:
        """Deletes runs of statements, long ones first, in every block from the outermost on."""
        block = 0
        while self._tries > 0 and (size := _block_size(ast.parse(self.best.source), block)) is not None:
            count = max(1, size)
            while count:
                start = 0
                while start < (_block_size(ast.parse(self.best.source), block) or 0):
                    if not self._edit(partial(_delete, index=block, start=start, count=count)):
                        start += count
                count //= 2
            block += 1

    def _smaller_nodes(self) -> None:
        """Puts parts in the place of what they are part of, and constants in the place of expressions."""
        index = 0
        while self._tries > 0:
            made = 0
            for made, edited in enumerate(_simpler(ast.parse(self.best.source), index), 1):
                if self._try(self._written(edited)):
                    break
            else:
                if made == 0 and index >= _count(ast.parse(self.best.source)):
                    return
                index += 1

    def _edit(self, edit: Edit) -> bool:
        tree = ast.parse(self.best.source)
        return edit(tree) and self._try(self._written(tree))


def _blocks(tree: ast.Module) -> list[list[ast.stmt]]:
    found: list[list[ast.stmt]] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop(0)
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                found.append(block)
                waiting += block
    return found


def _block_size(tree: ast.Module, index: int) -> int | None:
    blocks = _blocks(tree)
    return len(blocks[index]) if index < len(blocks) else None


def _delete(tree: ast.Module, index: int, start: int, count: int) -> bool:
    blocks = _blocks(tree)
    if index >= len(blocks) or all(isinstance(part, ast.Pass) for part in blocks[index]):
        return False
    block = blocks[index]
    optional = any(getattr(node, name, None) is block for node in ast.walk(tree) for name in ("orelse", "finalbody"))
    del block[start : start + count]
    if not block and not optional:
        block.append(ast.Pass())
    return True


def _places(tree: ast.Module) -> list[tuple[ast.AST, str, int | None]]:
    """Where nodes stand that something simpler may take the place of."""
    places: list[tuple[ast.AST, str, int | None]] = []
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and not isinstance(getattr(value, "ctx", None), ast.Store | ast.Del):
                places.append((node, name, None))
            elif isinstance(value, list):
                places += [(node, name, index) for index, part in enumerate(value) if isinstance(part, ast.AST)]
    return places


def _count(tree: ast.Module) -> int:
    return len(_places(tree))


def _simpler(tree: ast.Module, index: int) -> Iterator[ast.Module]:
    """The program with something simpler at one place, in several ways."""
    places = _places(tree)
    if index >= len(places):
        return
    node, name, position = places[index]
    value = getattr(node, name)
    old = value if position is None else value[position]
    for new in _instead(node, name, old):
        kept = list(value) if position is not None else value
        if position is None:
            setattr(node, name, new)
        else:
            value[position : position + 1] = new if isinstance(new, list) else [new]
        try:
            edited = ast.parse(ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree))))
        except (SyntaxError, ValueError, AttributeError, IndexError, TypeError):
            edited = None
        if position is None:
            setattr(node, name, kept)
        else:
            value[:] = kept
        if edited is not None:
            yield edited


def _instead(node: ast.AST, name: str, old: ast.AST) -> list[ast.AST | list[ast.AST]]:
    if isinstance(old, ast.stmt):
        inner = [getattr(old, part) for part in ("body", "orelse", "finalbody") if getattr(old, part, None)]
        return [] if isinstance(old, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) else inner
    if isinstance(old, ast.arg | ast.keyword):
        return [[]]
    if not isinstance(old, ast.expr) or name in ("annotation", "returns", "decorator_list", "bases"):
        return []
    parts = [part for part in ast.walk(old) if isinstance(part, ast.expr) and part is not old][:6]
    dropped: list[list[ast.AST]] = (
        [[]] if isinstance(getattr(node, name), list) and len(getattr(node, name)) > 1 else []
    )
    if isinstance(old, ast.Constant | ast.Name):
        return [*dropped]
    return [*dropped, *_constants(), *parts]


def _constants() -> list[ast.expr]:
    return [ast.Constant(0), ast.Constant(1), ast.Constant("a"), ast.List([], ast.Load()), ast.Name("self", ast.Load())]
