"""Calls that a method makes in parallel, and what waits for them.

A join stands in the record of the entity that made the calls, under a ticket: the frames that go on when all have answered, and
for each call a branch. Calls of split methods of `self` are made within the entity: their frames stand in the join too, and may
make parallel calls themselves, so that joins are trees. Everything in a tree is encoded as one, so that what its frames share
stays shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from stateflow.step.app import App
from stateflow.step.entities import Entity
from stateflow.step.frames import Frame, Kept, encode_shared, frame_content, read_frames, variables
from stateflow.step.message import CallSite
from stateflow.wire.errors import Malformed
from stateflow.wire.raw import pack, unpack
from stateflow.wire.reader import Reader

Path = tuple[int, ...]
"""Where a branch stands in a tree of joins: an index for each level."""


class Settled(NamedTuple):
    """A branch that has come to its end."""

    ok: bool
    """Whether by a result, and not by an exception."""
    value: object
    """The result or the exception; encoded, where it came by message."""
    encoded: bool

    def read(self, reader: Reader) -> object:
        """Return the result or the exception. Raises `Malformed`."""
        value = reader.read(self.value) if self.encoded else self.value  # type: ignore[arg-type]
        if not self.ok and not isinstance(value, BaseException):
            raise Malformed("what was raised is not an exception")
        return value


class Waiting(NamedTuple):
    """A branch that waits for an answer."""

    frames: list[Frame]
    """Those of this entity that wait in it, the innermost last."""


class Join:
    """Parallel calls, and the frames that go on when all of them have answered."""

    def __init__(
        self,
        frames: list[Frame],
        trail: tuple[CallSite, ...],
        depth: int,
        lines: Sequence[int],
        return_exceptions: bool,
        stack: tuple[bytes, ...],
        parent: tuple[Join, int] | None,
    ) -> None:
        self.frames = frames
        self.trail = trail
        """The forwarded calls between the innermost frame and the branches."""
        self.depth = depth
        self.lines = list(lines)
        """For each branch, the line that its exceptions name; 0 for that of the innermost frame."""
        self.return_exceptions = return_exceptions
        self.stack = stack
        """The units below those frames; none inside another join."""
        self.parent = parent
        """The join that this one is part of, and the branch that it is."""
        self.branches: list[Join | Waiting | Settled] = [Waiting([]) for _ in lines]
        self.open = len(self.lines)
        """How many branches are not settled."""
        if parent is not None:
            parent[0].branches[parent[1]] = self

    def settle(self, index: int, settled: Settled) -> None:
        """Take note of how a branch has ended."""
        self.branches[index] = settled
        self.open -= 1

    def path(self, index: int) -> Path:
        """Return where a branch stands in the tree."""
        return (index,) if self.parent is None else (*self.parent[0].path(self.parent[1]), index)

    def waiting(self) -> Iterator[tuple[Path, Waiting]]:
        """Return the branches of the tree that wait for answers, in order."""
        for index, branch in enumerate(self.branches):
            if isinstance(branch, Waiting):
                yield self.path(index), branch
            elif isinstance(branch, Join):
                yield from branch.waiting()

    def at(self, path: Sequence[int]) -> tuple[Join, int]:
        """Return the join and the index that a path leads to. Raises `Malformed`."""
        join = self
        for index in path[:-1]:
            inner = join.branches[index]
            if not isinstance(inner, Join):
                raise Malformed("an answer has come to no branch of a join")
            join = inner
        return join, path[-1]

    def frames_of(self, index: int) -> list[Frame]:
        """Return the frames that wait in a branch."""
        branch = self.branches[index]
        return branch.frames if isinstance(branch, Waiting) else []

    def result(self, reader: Reader) -> tuple[bool, object]:
        """Return the list of results, or the exception of the first branch that has one.

        Of an exception, the line that it names in the innermost frame is set.
        """
        values = []
        for index, branch in enumerate(self.branches):
            if not isinstance(branch, Settled):
                raise Malformed("a join that is not complete goes on")
            value = branch.read(reader)
            if not branch.ok and not self.return_exceptions:
                self._place(self.lines[index])
                return False, value
            values.append(value)
        return True, values

    def _place(self, line: int) -> None:
        if line and self.frames:
            *_, frame = self.frames
            self.frames[-1] = frame._replace(block=frame.block._replace(line=line))


class Begin(NamedTuple):
    """Branches that have not begun."""

    join: Join
    calls: list[Any]
    """One transition, or any number of awaitables of this entity's own."""
    places: list[list[int]]
    """For each of them, which branches it is."""


class Parked:
    """A tree of joins as it stands in a record: encoded, but for what tells whether an answer lets something go on."""

    def __init__(
        self,
        waiting: list[tuple[Path, bool]],
        received: list[tuple[Path, bool, bytes]],
        stack: tuple[bytes, ...],
        tree: bytes,
    ) -> None:
        self.waiting = waiting
        """For each waiting branch its path, and whether frames wait in it."""
        self.received = received
        """Answers by path, since the tree was encoded."""
        self.stack = stack
        """The units below."""
        self.tree = tree

    def encode(self) -> bytes:
        """Return the bytes to keep."""
        return pack((self.waiting, self.received, self.stack, self.tree))

    @classmethod
    def decode(cls, data: bytes) -> Parked:
        """Return the tree of these bytes."""
        waiting, received, stack, tree = unpack(data)
        return cls(list(waiting), list(received), stack, tree)

    def take(self, path: Path) -> bool | None:
        """Let a branch wait no longer, and tell whether frames wait in it; None where it does not wait."""
        for index, (other, has_frames) in enumerate(self.waiting):
            if other == path:
                del self.waiting[index]
                return has_frames
        return None

    def waits_for_more(self, path: Path) -> bool:
        """Tell whether the join that a branch belongs to waits for other branches."""
        outer = path[:-1]
        return any(other[: len(outer)] == outer for other, _ in self.waiting)


def encode_tree(app: App, entity: Entity, root: Join, kept: Kept, token: bytes) -> tuple[bytes, dict[bytes, object]]:
    """Encode a tree of joins of an entity.

    Gives also what it shares with what is kept, by tokens that begin with `token`. Raises `StateflowError` naming what cannot be
    encoded.
    """
    method = root.frames[-1].block.method if root.frames else entity.name
    content = _content(entity, root)
    tree, aliases = encode_shared(app.wire, content, lambda: _labels(root), kept, token, method)
    waiting = [(path, bool(branch.frames)) for path, branch in root.waiting()]
    return Parked(waiting, [], root.stack, tree).encode(), aliases


def decode_tree(app: App, entity: Entity, parked: Parked, reader: Reader) -> Join:
    """Return a tree again, with what has been received since. Raises `UnknownBlock` where this bundle cannot go on in it."""
    root = _read(app, entity, reader.read(parked.tree), parked.stack, None)
    for path, ok, payload in parked.received:
        join, index = root.at(path)
        join.settle(index, Settled(ok, payload, True))
    return root


_WAITING, _INNER, _SETTLED = range(3)


def _content(entity: Entity, join: Join) -> list[object]:
    branches: list[object] = []
    for branch in join.branches:
        if isinstance(branch, Join):
            branches.append([_INNER, _content(entity, branch)])
        elif isinstance(branch, Waiting):
            branches.append([_WAITING, frame_content(entity, branch.frames)])
        else:
            branches.append([_SETTLED, *branch])
    trail = [list(site) for site in join.trail]
    return [frame_content(entity, join.frames), trail, join.depth, join.lines, join.return_exceptions, branches]


def _labels(join: Join) -> list[tuple[str, object]]:
    labels = variables(join.frames)
    for branch in join.branches:
        if isinstance(branch, Join):
            labels += _labels(branch)
        elif isinstance(branch, Waiting):
            labels += variables(branch.frames)
        else:
            labels.append(("result", branch.value))
    return labels


def _read(
    app: App, entity: Entity, content: list[Any], stack: tuple[bytes, ...], parent: tuple[Join, int] | None
) -> Join:
    frames, trail, depth, lines, return_exceptions, branches = content
    sites = tuple(CallSite(*site) for site in trail)
    join = Join(read_frames(app, entity, frames), sites, depth, lines, return_exceptions, stack, parent)
    for index, (kind, *rest) in enumerate(branches):
        if kind == _INNER:
            _read(app, entity, rest[0], (), (join, index))
        elif kind == _WAITING:
            join.branches[index] = Waiting(read_frames(app, entity, rest[0]))
        else:
            join.settle(index, Settled(*rest))
    return join
