"""The PyFlink target: one keyed function owns all entities, and its messages go through a log in Kafka.

    log ─▶ entities ─┬─▶ log
                     ├─▶ replies, client_reply
                     └─▶ dead_letters
    client_request ─▶ requests ─▶ log

Exactly once comes from the order of the log (docs/guide/pyflink.md): after a failure the log is read again from the last checkpoint, the
same steps send the same messages, and what an entity has seen changes nothing. So nothing waits for a transaction. A bundle can be
compiled for transactions all the same, or for neither; then entities do not remember what they have seen.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pyflink.common import Row, Time, TypeInformation, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag, ProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, StateDescriptor, StateTtlConfig, ValueStateDescriptor

from stateflow.adapters.pyflink_options import Delivery, Options
from stateflow.adapters.pyflink_releases import STREAMED, received, streamed
from stateflow.bundle import ABOUT, Description, describe
from stateflow.errors import StateflowError
from stateflow.garbage import collect_seldom
from stateflow.kafka.edge import Edge
from stateflow.kafka.expiring import Expiring
from stateflow.kafka.records import place, place_of
from stateflow.kafka.seen import Blocks
from stateflow.kafka.turn import letter, turn
from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.derived import install, moment
from stateflow.step.engine import step
from stateflow.step.kept import ENTITY as KEPT
from stateflow.step.kept import KEPT_MILLISECONDS
from stateflow.step.message import Message
from stateflow.step.once import step_once
from stateflow.step.record import Record

RECORD = Types.ROW([Types.STRING(), STREAMED])
"""What goes to a topic: what its key says, and its value."""

UNMET = 8 * 24 * 3600 * 1000
"""By so many milliseconds later, and by the machine's clock, is thrown away what the log's time has made nothing of. A log is not older
than seven days when it is read again, and until then it must meet what it met before."""

LATE = 50
"""From how many milliseconds on a message has waited: there is more to do than is done. What it sends is collected before it is written,
which lets more be done."""

AT_ONCE = OutputTag("at_once", RECORD)
"""What goes back to the log and is not collected."""

REPLIES = OutputTag("replies", RECORD)
COLLECTED_REPLIES = OutputTag("collected_replies", RECORD)
CLIENT_REPLIES = OutputTag("client_replies", RECORD)
DEAD_LETTERS = OutputTag("dead_letters", RECORD)

Outputs = Iterator[Any]


class _Binary(TypeInformation):  # type: ignore[misc]
    """Bytes in the state of thread mode, which takes those of `PRIMITIVE_ARRAY` apart into numbers, and pickles what it knows better.
    A type that it does not know it leaves alone."""


_loading = threading.Lock()


class Loaded(NamedTuple):
    """A bundle in this process."""

    app: App
    edge: Edge
    options: Options


_loaded: dict[str, Loaded] = {}


def load(digest: str) -> Loaded:
    """Return the app of a bundle, which subtasks and jobs of one process share.

    The bundle is found by its digest among what the jobs of this process brought. Raises `StateflowError` where its modules cannot
    be imported beside those of another one.
    """
    with _loading:
        if digest not in _loaded:
            install()
            bundle, description = _find(digest)
            app = App.load(bundle)
            collect_seldom()
            _loaded[digest] = Loaded(app, Edge(app), Options.read(description.options))
        return _loaded[digest]


def _find(digest: str) -> tuple[Path, Description]:
    for folder in map(Path, sys.path):
        if (folder / ABOUT).is_file() and (description := describe(folder)).digest == digest:
            return folder, description
    raise StateflowError(f"the bundle {digest[:16]} is not on this machine; it has to be given as --pyFiles")


class _State:
    """The state of a key, in which values are bytes. What has not been looked at for so many milliseconds of the log's time may go."""

    def __init__(self, context: RuntimeContext) -> None:
        self._context = context
        is_embedded = ".embedded." in type(context).__module__
        self._type = _Binary() if is_embedded else Types.PRIMITIVE_ARRAY(Types.BYTE())

    def cell(self, name: str, kept: int | None) -> Any:
        return self._context.get_state(_expiring(ValueStateDescriptor(name, self._type), kept))

    def table(self, name: str, kept: int | None) -> Any:
        return self._context.get_map_state(_expiring(MapStateDescriptor(name, Types.STRING(), self._type), kept))


def _expiring(state: StateDescriptor, kept: int | None) -> StateDescriptor:
    if kept is not None:
        ttl = StateTtlConfig.new_builder(Time.milliseconds(kept + UNMET))
        state.enable_time_to_live(ttl.update_ttl_on_read_and_write().build())
    return state


def _subtasks(context: RuntimeContext) -> int:
    """Return how many subtasks an operator has. PyFlink's own way fails in Flink 2, which has it elsewhere."""
    count: int = context._runtime_context.getTaskInfo().getNumberOfParallelSubtasks()
    return count


def place_of_streamed(value: Any) -> str:
    """Return the key of what is read from the log."""
    return place_of(received(value))


class Entities(KeyedProcessFunction):  # type: ignore[misc]
    """Handles the messages of the log, keyed by place. Its main output goes back to the log."""

    def __init__(self, digest: str, secret: bytes, is_alone: bool) -> None:
        """`is_alone` where the job was put together for one subtask, which reads all of the log."""
        self._digest = digest
        self._secret = secret
        self._is_alone = is_alone

    def open(self, runtime_context: RuntimeContext) -> None:
        """Find the app and the state. Raises `StateflowError` where there are more subtasks than the job was put together for."""
        if self._is_alone and _subtasks(runtime_context) > 1:
            raise StateflowError(
                "this job was submitted with a parallelism of 1: to have more, stop it and submit it again"
            )
        self._app, self._edge, options = load(self._digest)
        state = _State(runtime_context)
        self._timed: list[Blocks | Expiring] = []
        self._request = state.cell("request", KEPT_MILLISECONDS)
        self._record: Any = state.cell("record", options.ttl)
        if options.ttl is not None:
            self._record = Expiring(self._record, state.cell("touched", options.ttl), options.ttl)
            self._timed.append(self._record)
        self._seen: Blocks | None = None
        if options.delivery is Delivery.LOG:
            kept = None if options.ttl is None else KEPT_MILLISECONDS
            open, closed = state.cell("seen_open", kept), state.table("seen_closed", kept)
            self._seen = Blocks(open, closed, started=time.time_ns() // 10**6)
            self._timed.append(self._seen)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Outputs:
        """Handle a message, and those that it sends to its own entity, but for what has to stand in the log first."""
        given = received(value)
        try:
            message = Message.decode(given)
        except Exception as error:  # noqa: BLE001 - anything may stand in a topic
            yield DEAD_LETTERS, _row(*letter(given, f"not a message: {error}"))
            return
        self._now = ctx.timestamp() or 0
        for timed in self._timed:
            timed.at(message.address, self._now)
        cell = self._request if message.address.entity == KEPT else self._record
        stored = cell.value()
        before = None if stored is None else Record.decode(stored)
        done = turn(self._step, self._edge, before, message)
        is_late = time.time_ns() // 10**6 - self._now >= LATE
        for address, record in done.sent:
            row = _row(place(address), record)
            yield row if is_late else (AT_ONCE, row)
        for answer in done.replies:
            yield COLLECTED_REPLIES if is_late else REPLIES, _row("", answer)
        for output, records in ((CLIENT_REPLIES, done.client_replies), (DEAD_LETTERS, done.dead)):
            for key, record in records:
                yield output, _row(key, record)
        if done.record is not before and done.record is not None:
            cell.update(done.record.encode())

    def _step(self, record: Record | None, message: Message) -> Outcome:
        try:
            if self._seen is not None:
                return step_once(self._app, record, message, self._seen, self._now, secret=self._secret)
            with moment(message.id, self._now, self._secret):
                return step(self._app, record, message)
        except Exception:  # noqa: BLE001 - the job must go on, whatever is wrong with a message
            return Outcome(record, set_aside=traceback.format_exc())


class Requests(ProcessFunction):  # type: ignore[misc]
    """Turns the requests that clients write as JSON into messages of the log, where they are run."""

    def __init__(self, digest: str) -> None:
        self._digest = digest

    def open(self, runtime_context: RuntimeContext) -> None:
        """Find the app."""
        del runtime_context
        self._edge = load(self._digest).edge

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Outputs:
        """Forward a request, or answer it where it is wrong."""
        del ctx
        given = received(value)
        made = self._edge.message(given)
        if isinstance(made, Message):
            yield _row(place(made.address), made.encode())
        elif made.id is None:
            yield DEAD_LETTERS, _row(*letter(given, made.reason))
        else:
            yield CLIENT_REPLIES, _row(made.id, made.answer)


def _row(key: str, record: bytes) -> Row:
    return Row(key, streamed(record))
