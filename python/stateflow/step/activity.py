"""What one step has at hand, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stateflow.errors import EntityNotFound, StateflowError
from stateflow.flow import Transition
from stateflow.frozen import frozen
from stateflow.step.app import App
from stateflow.step.entities import Block, Entity
from stateflow.step.frames import Frame, Kept, Unit, decode_frames, encode_frames
from stateflow.step.joins import Begin, Join, Parked, Settled, Waiting, decode_tree, encode_tree
from stateflow.step.message import Address, CallSite, Kind, Message, derived_id
from stateflow.step.record import Record
from stateflow.step.recording import Recording
from stateflow.step.reply import Reply
from stateflow.step.slip import Answer, Slip, Stop, has_slip, stops
from stateflow.step.traces import set_lines
from stateflow.wire.errors import Malformed, Unencodable
from stateflow.wire.exceptions import note_regrouped, unencodable
from stateflow.wire.explain import explain
from stateflow.wire.reader import Reader
from stateflow.wire.sharing import Scan, encode, encode_value

_TOKEN_SIZE = 8
_NOTHING = Record(None)


@frozen
class Outcome:
    """What came of a step."""

    record: Record | None
    """The entity's record after it: the same object where nothing is to be written."""
    messages: tuple[Message, ...] = ()
    """To be sent, in order."""
    replies: tuple[Reply, ...] = ()
    """To the client; at most one."""
    spent: bool = False
    """Whether the message must never be run again: what it did was sent, or cannot be told from what it would do."""
    set_aside: str | None = None
    """Why the message was not run, where this bundle cannot run it; the record is as it was."""


class Activity:
    """A step under way: the entity, the frames that wait in it, and what is to be sent."""

    def __init__(self, app: App, entity: Entity, record: Record | None, message: Message, park_above: int) -> None:
        self.app = app
        self.entity = entity
        self.record = record
        self.message = message
        self.instance: Any = None
        """`self`, once the entity is awake."""
        self.fields: bytes | None = None if record is None else record.fields
        self.frames: list[Frame] = []
        """Those of this entity, the innermost last."""
        self.trail: tuple[CallSite, ...] = message.trail
        self.depth = message.depth
        self.recording: Recording | None = None
        """What calls of something outside have given, where the engine may run the step again."""
        # Nothing here may know the activity: all of a step is to go when it ends, without a collection of cycles.
        self.reader = Reader(app.wire, app.reference)
        self._running = f"{entity.name}.{message.target}"
        self._stack = message.stack
        self.answers: list[tuple[Stop, Answer]] = []
        """What has come of the calls that are to be made next, the next last."""
        self._sent: list[Message] = []
        self._reply: Reply | None = None
        self._sends = 0
        """How many ids have been derived."""
        self._parked: dict[bytes, bytes | None] = {}
        """What changes in what is parked, by ticket; None for what leaves."""
        self.park_above = park_above
        self.branch: tuple[Join, int] | None = None
        """The branch of a join of this entity that is running, if it is one."""
        self.pending: list[Join | Begin] = []
        """What else is to be done in this step, the next last: branches to begin, and joins that are complete."""
        self._root: Join | None = None
        """The join that is not complete, with all that is inside it."""
        self._ticket = b""
        """Its ticket."""
        self._has_settled = False

    def exists(self) -> bool:
        """Tell whether the entity has been created."""
        return self.fields is not None

    def is_at(self, address: Address) -> bool:
        """Tell whether an address is that of the entity of this step."""
        return self.instance is not None and address == self.message.address

    def wake(self) -> bool:
        """Make `self` from the record; False where the entity does not exist."""
        if self.fields is None:
            return False
        instance = self.entity.blank()
        self.instance = self.reader.entities[self.message.address.encode()] = instance
        self.entity.layout.fill(instance, self.reader.read(self.fields))
        return True

    def is_plain(self, attribute: str) -> bool:
        """Tell whether an attribute is a field, the reading of which runs no code."""
        return attribute in self._state() and not hasattr(self.entity.cls, attribute)

    def forget(self) -> None:
        """Leave the record as it was: nothing has run."""
        self.instance = None

    def resume(self) -> bool:
        """Take the innermost unit from the stack; False where it has already been resumed, or has no entity to do so."""
        if not self._stack:
            raise Malformed("a result has come, and no frame waits for it")
        unit = Unit.decode(self._stack[-1])
        frames = unit.frames
        if unit.parked:
            parked = None if self.record is None else self.record.parked.get(frames)
            if parked is None:
                return False
            if unit.path:
                return self._resume_branch(unit, Parked.decode(parked))
            self._parked[frames], frames = None, parked
        exists = self.wake()
        self.frames = decode_frames(self.app, self.entity, frames, self.reader)
        self._stack = self._stack[:-1]
        if not exists:
            # The method that begins here has been called on the way, before anybody could tell.
            while self.frames:
                self.pop()
            self.give_up(EntityNotFound(*self.message.address))
        return exists

    def arrive(self) -> Stop | Answer:
        """Return what has come of the call that the frames wait for, or what is to be called here before it goes on to them."""
        slip = Slip.decode(self._stack[-1])
        came = Answer(self.message.kind is Kind.RETURN, self.message.payload)
        stop = slip.stop(came.ok)
        if stop is None:
            self._stack = self._stack[:-1]
            answer, self.answers = slip.answers(came)
            return answer
        self._stack = (*self._stack[:-1], slip.after(came.payload).encode())
        self._running = f"{self.entity.name}.{stop.target}"
        return stop

    def answered(self, kind: Kind, address: Address, target: str, payload: bytes) -> Answer | None:
        """Return what has come of a call that is about to be made, if it has been made on the way."""
        stop, answer = self.answers.pop()
        if stop == (kind, *address, target, payload):
            return answer
        self.answers.clear()
        return None

    def _resume_branch(self, unit: Unit, parked: Parked) -> bool:
        """Let a branch of a join go on; False where nothing goes on, because it has or because others are waited for."""
        path = unit.path
        has_frames = parked.take(path)
        if has_frames is None:
            return False
        self._has_settled = True
        ok, payload = self.message.kind is Kind.RETURN, self.message.payload
        if not has_frames:
            parked.received.append((path, ok, payload))
            if parked.waits_for_more(path):
                self._parked[unit.frames] = parked.encode()
                return False
        if not self.wake():
            raise Malformed(f"calls wait in {self.message.address}, which does not exist")
        self._root = decode_tree(self.app, self.entity, parked, self.reader)
        self._ticket, self._stack = unit.frames, ()
        join, index = self.branch = self._root.at(path)
        if has_frames:
            self.frames = join.frames_of(index)
        else:
            self.pending.append(join)
        return True

    def fork(self, lines: Sequence[int], return_exceptions: bool) -> Join:
        """Let the frames wait for several branches. Raises `StateflowError` where one of them cannot be encoded."""
        self._try_to_encode_frames()
        self.answers.clear()
        join = Join(self.frames, self.trail, self.depth, lines, return_exceptions, self._stack, self.branch)
        if self._root is None:
            self._root, self._ticket = join, self._next_id()
        return join

    def begin(self, join: Join, index: int) -> None:
        """Go on in a branch that has no frames yet."""
        self.branch = join, index
        self.frames, self.trail, self.depth, self._stack = [], (), join.depth, ()

    def go_on_after(self, join: Join) -> tuple[bool, Any]:
        """Go on in the frames that waited for a join that is complete; gives whether with a result, and that or the exception."""
        if join is self._root:
            self._root, self._parked[self._ticket] = None, None
        ok, value = join.result(self.reader)
        self.branch = join.parent
        self.frames, self.trail, self.depth, self._stack = join.frames, join.trail, join.depth, join.stack
        return ok, value

    def settle(self, settled: Settled) -> None:
        """Take note of how the branch that is running ends."""
        if self.branch is None:
            raise Malformed("no branch of a join is running")
        join, index = self.branch
        self._has_settled = True
        join.settle(index, settled)
        if join.open == 0:
            self.pending.append(join)

    def block(self, function: Callable[..., Any]) -> Block:
        """Return the block of a function. Raises `Malformed` where the bundle does not list it."""
        block = self.app.blocks.get(function)
        if block is None:
            raise Malformed(f"{function.__qualname__} is not a block of this bundle")
        return block

    def push(self, frame: Frame) -> None:
        """Let a frame wait for what is called next."""
        self.frames.append(frame)
        self.trail = ()
        self.depth += 1

    def pop(self) -> Frame:
        """Go on in the innermost frame."""
        frame = self.frames.pop()
        self.depth -= 1 + _count(self.trail)
        self.trail = frame.trail
        self._running = frame.block.method
        return frame

    def forward(self, transition: Transition) -> None:
        """Note the call site of a tail call."""
        self.depth += 1
        site = None if transition.code is None else self.app.traces.site(transition.code, transition.line)
        if site is None:
            return
        *before, last = self.trail or (site._replace(times=0),)
        if last[:3] == site[:3]:
            self.trail = (*before, last._replace(times=last.times + 1))
        else:
            self.trail = (*self.trail, site)

    def suspend(self, kind: Kind, address: Address, target: str, payload: bytes, first: Unit | None = None) -> None:
        """Leave for another entity; the frames wait, and before them a unit of yet another, if one is given.

        Raises `StateflowError` where a frame cannot be encoded.
        """
        stack = self._stack
        message_id = self._next_id()
        if self.branch is not None:
            join, index = self.branch
            self._try_to_encode_frames()
            join.branches[index] = Waiting(self.frames)
            stack = (Unit(self.message.address, self._ticket, True, join.path(index)).encode(),)
        elif self.frames:
            token = message_id[:_TOKEN_SIZE]
            frames, aliases = encode_frames(self.app, self.entity, self.frames, self._kept, token)
            self.reader.tokens.update(aliases)
            unit = Unit(self.message.address, frames, False)
            if len(frames) > self.park_above:
                self._parked[message_id] = frames
                unit = Unit(self.message.address, message_id, True)
            stack = (*stack, unit.encode())
            if self.frames[-1].others:
                stack += self._slip()
        trail, depth = self.trail, self.depth
        if first is not None:
            stack, trail, depth = (*stack, first.encode()), (), depth + 1
        request, trace = self.message.request, self.message.trace
        self._sent.append(Message(kind, message_id, address, target, payload, stack, depth, trail, request, trace))

    def _slip(self) -> tuple[bytes, ...]:
        """Return the slip for the calls that can travel along, if there are any."""
        found = stops(self.app, self.frames[-1].others)
        return (Slip(*self.message.address, found).encode(),) if found else ()

    def complete(self, value: object) -> None:
        """Answer with a result."""
        if self.branch is not None:
            self.settle(Settled(True, value, False))
            return
        try:
            payload = self.app.encode(value, self._running, "result")
        except StateflowError as error:
            unencodable = error
        else:
            self.answer(True, payload)
            return
        self.give_up(unencodable)

    def unwind(self, error: BaseException) -> Frame | None:
        """Let an exception pass to the innermost frame that waits in a `try` or a handler; answer with it where none does."""
        frame = self._pass(error, False)
        if frame is None:
            self.fail(error)
        return frame

    def give_up(self, error: BaseException) -> None:
        """Let an exception pass through all frames, of which none can go on, and answer with it."""
        self._pass(error, True)
        self.fail(error)

    def _pass(self, error: BaseException, through: bool) -> Frame | None:
        note_regrouped(error)
        self.answers.clear()
        traces = self.app.traces
        lines = [*traces.trail(self.trail), *traces.lines(error)]
        found: Frame | None = None
        while self.frames and found is None:
            frame = self.pop()
            block = frame.block
            if block.takes_errors and not through:
                found = frame
            else:
                lines = [*traces.trail(self.trail), traces.line(block.path, block.line, block.method), *lines]
        set_lines(error, lines)
        return found

    def fail(self, error: BaseException) -> None:
        """Answer with an exception."""
        if self.branch is not None:
            self.settle(Settled(False, error, False))
            return
        try:
            payload = self.app.encode(error)
        except StateflowError as reason:
            replaced = unencodable(error, reason)
            set_lines(replaced, self.app.traces.lines(error))
            payload = self.app.encode(replaced)
        self.answer(False, payload)

    def answer(self, ok: bool, payload: bytes) -> None:
        """Answer whoever waits: the innermost frame of the stack, or the client."""
        if not self._stack:
            self._reply = Reply(self.message.request, ok, payload)
            return
        if has_slip(self._stack):
            address = Slip.decode(self._stack[-1]).goes_to(ok)
        else:
            address = Unit.address_in(self._stack[-1])
        kind = Kind.RETURN if ok else Kind.RAISE
        message_id, depth = self._next_id(), self.depth - _count(self.trail)
        request, trace = self.message.request, self.message.trace
        self._sent.append(Message(kind, message_id, address, "", payload, self._stack, depth, (), request, trace))

    def encode_fields(self, entity: Entity, instance: Any) -> bytes:
        """Encode the fields of an entity. Raises `StateflowError` naming the one that cannot be."""
        state = entity.layout.state(instance)
        held = self.reader.tokens if instance is self.instance else {}
        wire = self.app.wire
        try:
            if not held:
                return encode_value(wire, state)
            return encode(wire, state, Scan(wire, state, *held.values()), marks=held)
        except Unencodable as error:
            reason = error
        values = [(f"field {name!r}", value) for name, value in state.items()]
        values += [("a variable of a call that waits here", value) for value in held.values()]
        raise explain(wire, entity.name, values, reason)

    def outcome(self) -> Outcome:
        """Return what the step leaves behind."""
        try:
            self._encode()
        except StateflowError as error:
            unencodable: StateflowError | None = error
        else:
            unencodable = None
        if unencodable is not None:
            self._retract(unencodable)
        replies = () if self._reply is None else (self._reply,)
        spent = bool(self._sent or replies or self._has_settled)
        return Outcome(self._record(), tuple(self._sent), replies, spent)

    def _encode(self) -> None:
        """Encode what has been awake. Raises `StateflowError` naming what cannot be."""
        if self.instance is None:
            return
        if self._root is not None:
            token = self._next_id()[:_TOKEN_SIZE]
            tree, aliases = encode_tree(self.app, self.entity, self._root, self._kept(), token)
            self.reader.tokens.update(aliases)
            self._parked[self._ticket] = tree
        self.fields = self.encode_fields(self.entity, self.instance)

    def _try_to_encode_frames(self) -> None:
        """Raise `StateflowError` where a variable of the frames cannot be encoded: a join is encoded when the step ends, too late to
        be caught."""
        encode_frames(self.app, self.entity, self.frames, Kept.nothing, b"")

    def _retract(self, error: StateflowError) -> None:
        """Let nothing have happened but that an exception passes through the frames that wait."""
        self._sent.clear()
        self._reply = None
        self._parked = {ticket: None for ticket, frames in self._parked.items() if frames is None}
        if self._root is not None:
            join, self.branch = self._root, None
            self.frames, self.trail, self.depth, self._stack = join.frames, join.trail, join.depth, join.stack
            self._parked[self._ticket] = None
        self.give_up(error)

    def _record(self) -> Record | None:
        before = self.record or _NOTHING
        parked = before.parked
        if self._parked and any(parked.get(ticket) != frames for ticket, frames in self._parked.items()):
            changed = {**parked, **self._parked}
            parked = {ticket: frames for ticket, frames in changed.items() if frames is not None}
        if self.fields == before.fields and parked is before.parked:
            return self.record
        return Record(self.fields, parked)

    def _next_id(self) -> bytes:
        """Derive an id that nothing else has."""
        self._sends += 1
        return derived_id(self.message.id, self._sends - 1)

    def _state(self) -> dict[str, object]:
        return {} if self.instance is None else self.entity.layout.state(self.instance)

    def _kept(self) -> Kept:
        return Kept(self._state(), list(self.reader.tokens.values()))


def _count(trail: tuple[CallSite, ...]) -> int:
    return sum([site.times for site in trail]) if trail else 0
