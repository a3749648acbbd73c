"""Values from outside, which go through the log before they are used: for engines that go back and read their log again.

A step that reaches a call of something outside makes it and is then abandoned: nothing of it is kept but the value, which is sent to
the entity's own address with the same message. When that comes, the step runs from its beginning and finds the value there. Whatever
fails in between, the first of these messages in the log is the one that counts, and no other value is ever used.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from hashlib import blake2b
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stateflow.errors import StateflowError
from stateflow.exits import Raised, result
from stateflow.outside import Delayed, make, make_async, recording, steps_of, subject_of
from stateflow.step.derived import suspended
from stateflow.step.message import ID_SIZE, Heard
from stateflow.wire.errors import Unencodable
from stateflow.wire.exceptions import bare_exception, led_to, unencodable

if TYPE_CHECKING:
    from stateflow.step.activity import Activity

REFUSALS = 10
"""How often an abandoned step is refused what it asks. One that goes on regardless is in a loop that takes any exception for a reason
to try again, and gets out of it when its calls are made."""


class Abandoned(BaseException):
    """Ends a step of which nothing is kept."""


class Recording:
    """What the calls of a step have given, as far as it stands in the log."""

    activity: Activity | None = None
    """The step; None before it has begun."""
    is_abandoned = False
    _refused = 0

    def __init__(self, before: tuple[Heard, ...]) -> None:
        self._before = before
        self._used: list[Heard] = []

    def __enter__(self) -> None:
        """Let this recording be asked."""
        self._token = recording.set(self)

    def __exit__(self, *_: object) -> None:
        recording.reset(self._token)
        # It knows the recording: all of a step is to go when it ends, without a collection of cycles.
        self.activity = None

    def heard(self) -> tuple[Heard, ...]:
        """Return what is to be sent along: what this run has used, and what it has found out."""
        return tuple(self._used)

    @cached_property
    def _known(self) -> dict[bytes, list[Heard]]:
        """What has not been used, by key, the next last."""
        known: dict[bytes, list[Heard]] = defaultdict(list)
        for heard in reversed(self._before):
            known[heard.key].append(heard)
        return known

    def ask(self, call: Delayed, /) -> Any:
        """Return the value of a call, or raise what it has raised."""
        key = self._key(call)
        if self._known[key]:
            return self._use(key)
        if self._is_to_be_made():
            before, handling = self._given(call), sys.exc_info()[1]
            with _apart():
                try:
                    came: Any = make(call)
                except Exception as error:  # noqa: BLE001 - whatever it raises is what it gives
                    came = _without_context(error, handling)
            self._abandon(key, call, before, came)
        with _apart():
            return make(call)

    async def ask_async(self, call: Delayed, /) -> Any:
        """Return the value of a call that awaits something."""
        key = self._key(call)
        if self._known[key]:
            return self._use(key)
        if self._is_to_be_made():
            before, handling = self._given(call), sys.exc_info()[1]
            with _apart():
                try:
                    came: Any = await make_async(call)
                except Exception as error:  # noqa: BLE001 - whatever it raises is what it gives
                    came = _without_context(error, handling)
            if self.is_abandoned:
                raise Abandoned
            self._abandon(key, call, before, came)
        with _apart():
            return await make_async(call)

    def _use(self, key: bytes) -> Any:
        heard = self._known[key].pop()
        self._used.append(heard)
        value = self._step.reader.read(heard.payload)
        return value if heard.ok else result(Raised(value))

    def _is_to_be_made(self) -> bool:
        """Tell whether a call is made for its value. Raises `Abandoned` where none is any more."""
        if not self.is_abandoned:
            return True
        self._refused += 1
        if self._refused <= REFUSALS:
            raise Abandoned
        return False

    def _abandon(self, key: bytes, call: Delayed, before: list[bytes | None], came: Any) -> None:
        self.is_abandoned = True
        self._used.append(self._heard(key, call, before, came))
        raise Abandoned

    def _heard(self, key: bytes, call: Delayed, before: list[bytes | None], came: Any) -> Heard:
        app, name = self._step.app, name_of(call)
        if self._given(call) != before:
            came = _Failed(
                StateflowError(
                    f"{name} changes what it is given, or the entity, and its value is recorded: what it changed would be lost when "
                    "the recorded value stands for it. Let it return what it has found out, and make the change where it is called"
                )
            )
        if not isinstance(came, _Failed):
            try:
                return Heard(key, True, app.encode(came, name, "result"))
            except StateflowError as reason:
                came = _Failed(
                    StateflowError(
                        f"what {name} gives cannot be recorded ({reason}): have a function of yours call it and return plain data"
                    )
                )
        return Heard(key, False, self._encode_error(came.error))

    def _encode_error(self, error: Exception) -> bytes:
        """Encode an exception, with as much of what is in it as can be carried."""
        app = self._step.app
        for make_another in (_itself, self._bare):
            try:
                return app.encode(make_another(error))
            except StateflowError as found:
                reason = found
        return app.encode(unencodable(error, reason))

    def _bare(self, error: Exception) -> BaseException:
        if isinstance(error, BaseExceptionGroup):
            raise Unencodable("an exception group holds what cannot be encoded")
        return bare_exception(error, self._can_be_encoded)

    def _key(self, call: Delayed) -> bytes:
        """Return what tells a call from others of the step: what is called, and with what."""
        digest = blake2b(name_of(call).encode("utf-8", "surrogatepass"), digest_size=ID_SIZE)
        for (kind, what, _), given in zip(steps_of(call), self._given_each(call), strict=True):
            label = what if kind == "attribute" else ""
            for part in (kind.encode(), label.encode("utf-8", "surrogatepass"), *given):
                digest.update(len(part).to_bytes(4, "big") + part)
        return digest.digest()

    def _given_each(self, call: Delayed) -> Iterator[list[bytes]]:
        """Give what each part of a call is given, encoded: the first, the object whose method it is too."""
        receiver = _receiver(subject_of(call))
        values = [] if receiver is None else [receiver]
        for kind, what, more in steps_of(call):
            if kind == "call":
                values += [*what, *more, *more.values()]
            elif kind == "element":
                values.append(what)
            yield [self._encoded(value) for value in values]
            values = []

    def _given(self, call: Delayed) -> list[bytes | None]:
        """Return all that a call must not change: what it is given, and the entity."""
        step = self._step
        found: list[bytes | None] = [part for given in self._given_each(call) for part in given]
        if step.instance is not None:
            try:
                found.append(step.encode_fields(step.entity, step.instance))
            except StateflowError:
                found.append(None)
        return found

    def _encoded(self, value: object) -> bytes:
        """Return the bytes of a value, or of what it is where it has none."""
        try:
            return self._step.app.encode(value)
        except StateflowError:
            return getattr(value, "__qualname__", type(value).__qualname__).encode("utf-8", "surrogatepass")

    def _can_be_encoded(self, value: object) -> bool:
        try:
            self._step.app.encode(value)
        except StateflowError:
            return False
        return True

    @property
    def _step(self) -> Activity:
        assert self.activity is not None
        return self.activity


def _itself(error: Exception) -> BaseException:
    return error


class _Failed:
    """What a call has raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def name_of(call: Delayed) -> str:
    """Return what a call calls, as people name it."""
    subject = subject_of(call)
    kind = subject if hasattr(subject, "__qualname__") else type(subject)
    module = getattr(kind, "__module__", None)
    return kind.__qualname__ if module in (None, "builtins") else f"{module}.{kind.__qualname__}"


def _receiver(subject: Any) -> Any:
    """Return the object whose method is called, if it is one."""
    receiver = getattr(subject, "__self__", None)
    return None if isinstance(receiver, ModuleType | type) else receiver


def _without_context(error: Exception, handling: BaseException | None) -> _Failed:
    """Take from an exception what was being handled around the call: that is so again where its value is used."""
    for raised in led_to(error):
        if raised.__context__ is handling:
            BaseException.__setattr__(raised, "__context__", None)
    return _Failed(error)


@contextmanager
def _apart() -> Iterator[None]:
    """Let what is called inside be part of the call, and meet the world as it is."""
    token = recording.set(None)
    try:
        with suspended():
            yield
    finally:
        recording.reset(token)
