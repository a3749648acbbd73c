"""The PyFlink target: one keyed function owns all entities, and its messages go through a log in Kafka.

    log ─▶ entities ─┬─▶ log
                     ├─▶ replies, client_reply
                     └─▶ dead_letters
    client_request ─▶ requests ─▶ log

Exactly once comes from the order of the log (docs/guide/pyflink.md): after a failure the log is read again from the last checkpoint, the
same steps send the same messages, and what an entity has seen changes nothing. So nothing waits for a transaction.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyflink.common import Row, Time, TypeInformation, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag, ProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, StateTtlConfig, ValueStateDescriptor

from stateflow.bundle import ABOUT, digest_of
from stateflow.errors import StateflowError
from stateflow.kafka.edge import Edge
from stateflow.kafka.records import CLIENT, Lost, dead_letter, place
from stateflow.kafka.seen import Generations
from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.derived import install, moment
from stateflow.step.kept import ENTITY as KEPT
from stateflow.step.message import Message
from stateflow.step.once import step_once
from stateflow.step.record import Record
from stateflow.step.reply import Reply

RECORD = Types.ROW([Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
"""What goes to a topic: what its key says, and its value."""

KEPT_DAYS = 15
"""After so many days of the machine's clock, what is known of a request is thrown away. It has not been looked at for long then: the
time of the log has made it another request after seven days, and a log is not older than seven when it is read again."""

REPLIES = OutputTag("replies", RECORD)
CLIENT_REPLIES = OutputTag("client_replies", RECORD)
DEAD_LETTERS = OutputTag("dead_letters", RECORD)

Outputs = Iterator[Any]


class _Binary(TypeInformation):  # type: ignore[misc]
    """Bytes in the state of thread mode, which takes those of `PRIMITIVE_ARRAY` apart into numbers, and pickles what it knows better.
    A type that it does not know it leaves alone."""


_loading = threading.Lock()
_loaded: dict[str, tuple[App, Edge]] = {}


def load(digest: str) -> tuple[App, Edge]:
    """Return the app of a bundle, which subtasks and jobs of one process share.

    The bundle is found by its digest among what the jobs of this process brought. Raises `StateflowError` where its modules cannot
    be imported beside those of another one.
    """
    with _loading:
        if digest not in _loaded:
            install()
            app = App.load(_find(digest))
            _loaded[digest] = app, Edge(app)
        return _loaded[digest]


def _find(digest: str) -> Path:
    for folder in map(Path, sys.path):
        if (folder / ABOUT).is_file() and digest_of(folder) == digest:
            return folder
    raise StateflowError(f"the bundle {digest[:16]} is not on this machine; it has to be given as --pyFiles")


class Entities(KeyedProcessFunction):  # type: ignore[misc]
    """Handles the messages of the log, keyed by place. Its main output goes back to the log."""

    def __init__(self, digest: str, secret: bytes) -> None:
        self._digest = digest
        self._secret = secret

    def open(self, runtime_context: RuntimeContext) -> None:
        """Find the app and the state."""
        self._app, self._edge = load(self._digest)
        is_embedded = ".embedded." in type(runtime_context).__module__
        state = _Binary() if is_embedded else Types.PRIMITIVE_ARRAY(Types.BYTE())
        get_table, get_cell = runtime_context.get_map_state, runtime_context.get_state
        self._record = get_cell(ValueStateDescriptor("record", state))
        request = ValueStateDescriptor("request", state)
        request.enable_time_to_live(StateTtlConfig.new_builder(Time.days(KEPT_DAYS)).build())
        self._request = get_cell(request)
        one, other = (get_table(MapStateDescriptor(name, Types.STRING(), state)) for name in ("seen-a", "seen-b"))
        self._seen = Generations((one, other), get_cell(ValueStateDescriptor("seen", state)))

    def process_element(self, value: bytes, ctx: KeyedProcessFunction.Context) -> Outputs:
        """Handle a message, and those that it sends to its own entity."""
        try:
            messages = [Message.decode(value)]
        except Exception as error:  # noqa: BLE001 - anything may stand in a topic
            yield _dead(value, f"not a message: {error}")
            return
        self._seen.now = ctx.timestamp() or 0
        cell = self._request if messages[0].address.entity == KEPT else self._record
        stored = cell.value()
        before = record = None if stored is None else Record.decode(stored)
        while messages:
            message = messages.pop()
            outcome = self._step(record, message)
            record = outcome.record
            for reply in outcome.replies:
                yield self._answer(reply)
            if outcome.set_aside is not None:
                yield _dead(message.encode(), outcome.set_aside, message)
                yield self._answer(Lost(message.request, outcome.set_aside))
            here = []
            for sent in outcome.messages:
                if sent.address == message.address:
                    here.append(sent)
                else:
                    yield Row(place(sent.address), sent.encode())
            messages.extend(reversed(here))
        if record is not before and record is not None:
            cell.update(record.encode())

    def _step(self, record: Record | None, message: Message) -> Outcome:
        try:
            with moment(message.id, self._seen.now, self._secret):
                return step_once(self._app, record, message, self._seen)
        except Exception:  # noqa: BLE001 - the job must go on, whatever is wrong with a message
            return Outcome(record, set_aside=traceback.format_exc())

    def _answer(self, reply: Reply | Lost) -> Any:
        if reply.request.startswith(CLIENT):
            id = reply.request.removeprefix(CLIENT)
            return CLIENT_REPLIES, Row(id, self._edge.answer(id, reply))
        return REPLIES, Row(reply.request, reply.encode())


class Requests(ProcessFunction):  # type: ignore[misc]
    """Turns the requests that clients write as JSON into messages of the log, where they are run."""

    def __init__(self, digest: str) -> None:
        self._digest = digest

    def open(self, runtime_context: RuntimeContext) -> None:
        """Find the app."""
        del runtime_context
        self._edge = load(self._digest)[1]

    def process_element(self, value: bytes, ctx: ProcessFunction.Context) -> Outputs:
        """Forward a request, or answer it where it is wrong."""
        del ctx
        made = self._edge.message(value)
        if isinstance(made, Message):
            yield Row(place(made.address), made.encode())
        elif made.id is None:
            yield _dead(value, made.reason)
        else:
            yield CLIENT_REPLIES, Row(made.id, made.answer)


def _dead(record: bytes, reason: str, message: Message | None = None) -> Any:
    return DEAD_LETTERS, Row("" if message is None else message.request, dead_letter(record, reason, message))
