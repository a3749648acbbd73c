"""What one step has at hand, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stateflow.errors import EntityNotFound, StateflowError
from stateflow.flow import Transition
from stateflow.step.app import App
from stateflow.step.entities import Block, Entity
from stateflow.step.frames import Frame, Unit, decode_frames, encode_frames
from stateflow.step.message import Address, CallSite, Kind, Message, derived_id
from stateflow.step.record import Record
from stateflow.step.references import make_reference
from stateflow.step.reply import Reply
from stateflow.step.traces import set_lines
from stateflow.wire.errors import Malformed, Unencodable
from stateflow.wire.explain import explain
from stateflow.wire.reader import Reader
from stateflow.wire.sharing import Scan, encode

_TOKEN_SIZE = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step."""

    record: Record | None
    """The entity's record after it: the same object where nothing is to be written."""
    messages: tuple[Message, ...] = ()
    """To be sent, in order."""
    replies: tuple[Reply, ...] = ()
    """To the client; at most one."""
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
        self.reader = Reader(app.wire, self._reference)
        self._running = f"{entity.name}.{message.target}"
        self._stack = message.stack
        self._references: dict[tuple[str, Any], Any] = {}
        self._sent: Message | None = None
        self._reply: Reply | None = None
        self._ticket: bytes | None = None
        self._parked: tuple[bytes, bytes] | None = None
        self.park_above = park_above

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
        self.instance = self._references[self.message.address] = instance
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
            self._ticket, frames = frames, parked
        exists = self.wake()
        self.frames = decode_frames(self.app, self.entity, frames, self.reader)
        self._stack = self._stack[:-1]
        if not exists:
            # The method that begins here has been called on the way, before anybody could tell.
            while self.frames:
                self.pop()
            self.give_up(EntityNotFound(*self.message.address))
        return exists

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
        message_id = derived_id(self.message.id, 0)
        stack = self._stack
        if self.frames:
            token = self.message.id[:_TOKEN_SIZE]
            tokens = self.reader.tokens
            held = list(tokens.values())
            frames, aliases = encode_frames(self.app, self.entity, self.frames, self._state(), held, token)
            tokens.update(aliases)
            unit = Unit(self.message.address, frames, False)
            if len(frames) > self.park_above:
                self._parked = (message_id, frames)
                unit = Unit(self.message.address, message_id, True)
            stack = (*stack, unit.encode())
        if first is None:
            self._send(kind, address, target, payload, stack, self.trail, self.depth)
        else:
            self._send(kind, address, target, payload, (*stack, first.encode()), (), self.depth + 1)

    def complete(self, value: object) -> None:
        """Answer with a result."""
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
        try:
            payload = self.app.encode(error)
        except StateflowError as reason:
            replaced = _describe_unencodable(error, reason)
            set_lines(replaced, self.app.traces.lines(error))
            payload = self.app.encode(replaced)
        self.answer(False, payload)

    def answer(self, ok: bool, payload: bytes) -> None:
        """Answer whoever waits: the innermost frame of the stack, or the client."""
        if not self._stack:
            self._sent, self._reply = None, Reply(self.message.request, ok, payload)
            return
        address = Unit.decode(self._stack[-1]).address
        kind = Kind.RETURN if ok else Kind.RAISE
        self._send(kind, address, "", payload, self._stack, (), self.depth - _count(self.trail))

    def encode_fields(self, entity: Entity, instance: Any) -> bytes:
        """Encode the fields of an entity. Raises `StateflowError` naming the one that cannot be."""
        state = entity.layout.state(instance)
        held = self.reader.tokens if instance is self.instance else {}
        wire = self.app.wire
        try:
            return encode(wire, state, Scan(wire, state, *held.values()), marks=held)
        except Unencodable as error:
            reason = error
        values = [(f"field {name!r}", value) for name, value in state.items()]
        values += [("a variable of a call that waits here", value) for value in held.values()]
        raise explain(wire, entity.name, values, reason)

    def outcome(self, dedup: bool) -> Outcome:
        """Return what the step leaves behind."""
        if self.instance is not None:
            try:
                self.fields = self.encode_fields(self.entity, self.instance)
            except StateflowError as error:
                unencodable: StateflowError | None = error
            else:
                unencodable = None
            if unencodable is not None:
                self._parked = None
                self.give_up(unencodable)
        record = self._record(dedup)
        messages = () if self._sent is None else (self._sent,)
        replies = () if self._reply is None else (self._reply,)
        return Outcome(record, messages, replies)

    def _record(self, dedup: bool) -> Record | None:
        before = self.record or Record(None)
        parked = before.parked
        if self._ticket is not None or self._parked is not None:
            kept = {ticket: frames for ticket, frames in parked.items() if ticket != self._ticket}
            parked = kept if self._parked is None else {**kept, self._parked[0]: self._parked[1]}
        seen = before.seen
        if dedup and (self._sent is not None or self._reply is not None):
            seen = {**seen, self.message.id: None if self._reply is None else self._reply.encode()}
        if self.fields == before.fields and parked is before.parked and seen is before.seen:
            return self.record
        return Record(self.fields, parked, seen)

    def _send(
        self,
        kind: Kind,
        address: Address,
        target: str,
        payload: bytes,
        stack: tuple[bytes, ...],
        trail: tuple[CallSite, ...],
        depth: int,
    ) -> None:
        """Send what control leaves with. A step leaves once, so that its messages need no ordinal but 0."""
        request, trace = self.message.request, self.message.trace
        message_id = derived_id(self.message.id, 0)
        self._sent = Message(kind, message_id, address, target, payload, stack, depth, trail, request, trace)
        self._reply = None

    def _state(self) -> dict[str, object]:
        return {} if self.instance is None else self.entity.layout.state(self.instance)

    def _reference(self, entity: str, key: str | int) -> Any:
        reference = self._references.get((entity, key))
        if reference is None:
            known = self.app.entities.get(entity)
            if known is None:
                raise Malformed(f"this bundle has no entity {entity}")
            reference = make_reference(known.reference_class, Address(entity, key))
            self._references[entity, key] = reference
        return reference


def _count(trail: tuple[CallSite, ...]) -> int:
    return sum(site.times for site in trail)


def _describe_unencodable(error: BaseException, reason: StateflowError) -> StateflowError:
    kind = type(error)
    return StateflowError(
        f"{kind.__module__}.{kind.__qualname__}: {error} (the exception itself cannot be carried: {reason})"
    )
