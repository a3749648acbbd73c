"""What happens to one entity when it gets a message: a function for each kind.

A step runs blocks until control leaves the entity: with a message to another one, or with an answer to whoever waits. What the
blocks return says which (`stateflow.flow`); the loop in `_drive` makes it happen without growing Python's own stack.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CoroutineType
from typing import Any, NoReturn

from stateflow.errors import EntityExists, EntityNotFound
from stateflow.exits import Raised, await_while_handling, while_handling
from stateflow.flow import Goto, Transition, Verb, handled
from stateflow.step.activity import Activity, Outcome
from stateflow.step.ahead import ahead
from stateflow.step.app import App
from stateflow.step.coroutines import run
from stateflow.step.entities import Block, Entity
from stateflow.step.frames import Frame, UnknownBlock
from stateflow.step.joins import Join
from stateflow.step.kept import ENTITY as KEPT
from stateflow.step.kept import step_kept
from stateflow.step.message import Address, Kind, Message
from stateflow.step.parallel import fork, run_here
from stateflow.step.record import Record
from stateflow.step.recording import Recording
from stateflow.step.references import Handle
from stateflow.step.slip import Answer, has_slip
from stateflow.wire.errors import Malformed

__all__ = ["MAX_DEPTH", "PARK_ABOVE", "Outcome", "step"]

MAX_DEPTH = 1000
"""How many frames may wait for each other; one more raises RecursionError."""

PARK_ABOVE = 4096
"""The size in bytes from which on frames stay behind in the entity's record."""

_Todo = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def step(
    app: App,
    record: Record | None,
    message: Message,
    *,
    park_above: int = PARK_ABOVE,
    recording: Recording | None = None,
) -> Outcome:
    """Handle a message to the entity that has this record.

    Frames of more than `park_above` bytes stay behind in the record. With a recording, the step is one of an engine that may run it
    again: nothing of what comes of it may be kept where the recording then says that it was abandoned.
    """
    entity = app.entities.get(message.address.entity)
    if entity is None:
        if message.address.entity == KEPT:
            return _step_kept(record, message)
        return Outcome(record, set_aside=f"this bundle has no entity {message.address.entity}")
    activity = Activity(app, entity, record, message, park_above)
    if recording is not None:
        recording.activity = activity
        activity.recording = recording
    try:
        _HANDLERS[message.kind](activity)
        return activity.outcome()
    except (Malformed, UnknownBlock) as reason:
        return Outcome(record, set_aside=str(reason))


def _step_kept(record: Record | None, message: Message) -> Outcome:
    try:
        return step_kept(record, message)
    except Malformed as reason:
        return Outcome(record, set_aside=str(reason))


def _invoke(activity: Activity) -> None:
    message = activity.message
    if message.target == "__init__":
        args, kwargs = activity.reader.read(message.payload)
        _drive(activity, _create_remotely, (activity, activity.entity, args, kwargs), {})
    else:
        _invoke_here(activity, message.target, message.payload)


def _invoke_here(activity: Activity, method: str, payload: bytes) -> None:
    if not activity.wake():
        activity.give_up(EntityNotFound(*activity.message.address))
        return
    args, kwargs = activity.reader.read(payload)
    _drive(activity, _call_method, (activity, method, args, kwargs), {})


def _return(activity: Activity) -> None:
    if has_slip(activity.message.stack):
        _arrive(activity)
    elif activity.resume():
        if activity.frames:
            value = activity.reader.read(activity.message.payload)
            _drive(activity, *_go_on(activity, value))
        else:
            _drive(activity, _left, (), {})


def _raise(activity: Activity) -> None:
    if has_slip(activity.message.stack):
        _arrive(activity)
    elif activity.resume():
        if activity.frames:
            _drive(activity, *_take(activity, Answer(False, activity.message.payload)))
        else:
            _drive(activity, _left, (), {})


def _arrive(activity: Activity) -> None:
    came = activity.arrive()
    if isinstance(came, Answer):
        if activity.resume():
            _drive(activity, *_take(activity, came))
    elif came.kind == Kind.READ:
        _read_here(activity, came.target)
    else:
        _invoke_here(activity, came.target, came.payload)


def _create(activity: Activity) -> None:
    if activity.exists():
        activity.give_up(EntityExists(*activity.message.address))
    else:
        activity.fields = activity.message.payload
        activity.answer(True, activity.app.encode(activity.message.address))


def _read(activity: Activity) -> None:
    message = activity.message
    if not message.target and activity.fields is not None:
        activity.answer(True, activity.fields)
    else:
        _read_here(activity, message.target)


def _read_here(activity: Activity, target: str) -> None:
    if not activity.wake():
        activity.give_up(EntityNotFound(*activity.message.address))
        return
    attributes = target.split(",")
    if all(map(activity.is_plain, attributes)):
        activity.complete(_get(activity.instance, *attributes))
        activity.forget()
    else:
        _drive(activity, _get, (activity.instance, *attributes), {})


_HANDLERS: dict[Kind, Callable[[Activity], None]] = {
    Kind.INVOKE: _invoke,
    Kind.RETURN: _return,
    Kind.RAISE: _raise,
    Kind.CREATE: _create,
    Kind.READ: _read,
}


def _drive(activity: Activity, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Call a function, and whatever follows from what it returns, until control leaves the entity."""
    coroutines = activity.app.coroutines
    while True:
        raised: BaseException | None = None
        result: Any = None
        try:
            result = function(*args, **kwargs)
            if type(result) is CoroutineType and result.cr_code in coroutines:
                result = run(result)
        except BaseException as error:  # noqa: BLE001 - the app may raise anything
            raised = error
        if activity.recording is not None and activity.recording.is_abandoned:
            return
        kind = type(result)
        if kind is Goto:
            function, args, kwargs = _run(activity, activity.block(result.block), (), result.live)
            continue
        if kind is Transition:
            function, args, kwargs = _leave(activity, result)
            continue
        if kind is Answer:
            function, args, kwargs = _take(activity, result)
            continue
        if raised is not None:
            frame = activity.unwind(raised)
            if frame is not None:
                function, args, kwargs = _resume(activity, frame, Raised(raised))
                continue
        elif result is not _LEFT:
            if activity.frames:
                function, args, kwargs = _go_on(activity, result)
                continue
            activity.complete(result)
        todo = _next(activity) if activity.pending else None
        if todo is None:
            return
        function, args, kwargs = todo


_LEFT = object()
"""What a function returns that has sent control to another entity, or to the branches of a join."""


def _left() -> object:
    return _LEFT


def _next(activity: Activity) -> _Todo | None:
    """Say what else is to be done in this step: a branch that begins, or what goes on after a join."""
    while activity.pending:
        todo = activity.pending.pop()
        if isinstance(todo, Join):
            ok, value = activity.go_on_after(todo)
            return (_give if ok else _throw), (value,), {}
        transition = todo.calls[0]
        if type(transition) is Transition:
            activity.begin(todo.join, todo.places[0][0])
            return _dispatch(activity, transition)
        run_here(activity, todo)
    return None


def _go_on(activity: Activity, value: object) -> _Todo:
    """Hand a result to the innermost frame."""
    return _resume(activity, activity.pop(), value)


def _take(activity: Activity, answer: Answer) -> _Todo:
    """Hand over what has come of a call."""
    value = activity.reader.read(answer.payload)
    if answer.ok:
        return _give, (value,), {}
    if not isinstance(value, BaseException):
        raise Malformed("what was raised is not an exception")
    return _throw, (value,), {}


def _resume(activity: Activity, frame: Frame, came: object) -> _Todo:
    """Hand a result, or what stands for an exception, to a frame."""
    return _run(activity, frame.block, (came,), frame.live)


def _run(activity: Activity, block: Block, given: tuple[Any, ...], live: dict[str, Any]) -> _Todo:
    """Say how a block is run, with what it is handling."""
    args = (activity.instance, *given) if block.is_bound else given
    error = handled(block.function, live)
    if error is None:
        return block.function, args, live
    is_async = block.function.__code__ in activity.app.coroutines
    return (await_while_handling if is_async else while_handling), (error, block.function, args, live), {}


def _leave(activity: Activity, transition: Transition) -> _Todo:
    """Note where the result goes, and say what is to be called for it."""
    if transition.block is not None:
        activity.push(Frame(activity.block(transition.block), transition.live, activity.trail, transition.others))
    else:
        activity.forward(transition)
    if activity.depth > MAX_DEPTH:
        return _throw, (RecursionError("maximum recursion depth exceeded"),), {}
    return _dispatch(activity, transition)


def _dispatch(activity: Activity, transition: Transition) -> _Todo:
    """Say what is to be called for a transition."""
    subject = transition.subject
    if transition.verb is Verb.GATHER:
        return _fork, (activity, transition), {}
    if transition.verb is Verb.READ:
        return _read_attributes, (activity, subject, *transition.args), {}
    if transition.verb is Verb.CREATE:
        entity = activity.app.entity_class(subject)
        if entity is not None:
            return _create_remotely, (activity, entity, transition.args, transition.kwargs), {}
    elif type(subject) is Handle:
        return _call_remotely, (activity, subject, transition.args, transition.kwargs), {}
    handle = activity.app.called_through_class(subject, transition.args)
    if handle is not None:
        return _call_remotely, (activity, handle, transition.args[1:], transition.kwargs), {}
    return subject, transition.args, transition.kwargs


def _call_method(activity: Activity, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    function = activity.entity.overridden.get(method)
    if function is not None:
        return function(activity.instance, *args, **kwargs)
    return getattr(activity.instance, method)(*args, **kwargs)


def _fork(activity: Activity, transition: Transition) -> object:
    fork(activity, transition)
    return _LEFT


def _give(value: object) -> object:
    return value


def _throw(error: BaseException) -> NoReturn:
    raise error


def _call_remotely(activity: Activity, handle: Handle, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    address, method = handle.address, handle.method
    payload = activity.app.encode_arguments(args, kwargs, address.entity, method)
    if activity.answers:
        answer = activity.answered(Kind.INVOKE, address, method, payload)
        if answer is not None:
            return answer
    if activity.depth < MAX_DEPTH:
        first = ahead(activity.app, address, method, args, kwargs, activity.trail, activity.park_above)
        if first is not None:
            activity.suspend(Kind.READ, first.address, first.attributes, b"", first.unit)
            return _LEFT
    activity.suspend(Kind.INVOKE, address, method, payload)
    return _LEFT


def _get(receiver: Any, attribute: str, *others: str) -> Any:
    """Return an attribute; or the values of several, up to one that cannot be read, and what that raises."""
    value = getattr(receiver, attribute)
    if not others:
        return value
    values = [value]
    for other in others:
        try:
            values.append(getattr(receiver, other))
        except Exception as error:  # noqa: BLE001 - it is raised where the value is used
            return values, error
    return values, None


def _read_attributes(activity: Activity, receiver: Any, *attributes: str) -> Any:
    address = activity.app.address_of(receiver)
    if address is None:
        return _get(receiver, *attributes)
    target = ",".join(attributes)
    if activity.answers:
        answer = activity.answered(Kind.READ, address, target, b"")
        if answer is not None:
            return answer
    activity.suspend(Kind.READ, address, target, b"")
    return _LEFT


def _create_remotely(activity: Activity, entity: Entity, args: Any, kwargs: dict[str, Any]) -> object:
    """Run `__init__` here, and send the fields to where the entity is to live."""
    instance = entity.blank()
    instance.__init__(*args, **kwargs)
    address: Address = entity.address(instance)
    if activity.is_at(address):
        raise EntityExists(*address)
    activity.suspend(Kind.CREATE, address, "", activity.encode_fields(entity, instance))
    return _LEFT
