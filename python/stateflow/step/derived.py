"""Clock and chance, derived: the same step, run again, reads the same time and draws the same numbers.

An engine that goes back and reads its log again runs steps a second time, and what they send must be what they sent before. So,
while a step runs, the standard library tells the time of the log instead of the clock's, and what it draws follows from the id of
the message. Monotonic clocks are left alone: event loops and locks live by them.
"""

from __future__ import annotations

import ctypes
import datetime
import functools
import gc
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from hashlib import blake2b
from typing import Any


class moment:
    """Run a step at a time of the log, in milliseconds since 1970, with the numbers that follow from the id of its message.

    Who knows `secret`, of at most 64 bytes, and the id can tell the numbers.
    """

    __slots__ = ("_id", "_secret", "_source", "_token", "nanoseconds")

    def __init__(self, id: bytes, milliseconds: int, secret: bytes = b"") -> None:
        self.nanoseconds = milliseconds * 1_000_000
        """Since 1970, by the log."""
        self._id = id
        self._secret = secret
        self._source: random.Random | None = None
        """Made when the first number is drawn."""

    def __enter__(self) -> None:
        self._token: Token[moment | None] = _moment.set(self)

    def __exit__(self, *_: object) -> None:
        _moment.reset(self._token)

    def draw(self) -> random.Random:
        """Return the numbers of this step."""
        if self._source is None:
            seed = blake2b(self._id, key=self._secret, digest_size=32).digest()
            self._source = random.Random(int.from_bytes(seed, "big"))
        return self._source


_moment: ContextVar[moment | None] = ContextVar("moment", default=None)
"""That of the step that runs here; None where none does."""
_installed = threading.Lock()
_DRAWING = (
    *("random", "uniform", "triangular", "randint", "choice", "randrange", "sample", "shuffle", "choices"),
    *("normalvariate", "lognormvariate", "expovariate", "vonmisesvariate", "gammavariate", "gauss", "betavariate"),
    *("binomialvariate", "paretovariate", "weibullvariate", "getrandbits", "randbytes"),
)


@contextmanager
def suspended() -> Iterator[None]:
    """Let clocks and chance be the machine's, as outside of steps."""
    token = _moment.set(None)
    try:
        yield
    finally:
        _moment.reset(token)


def milliseconds() -> int:
    """Return the time of the step that runs, in milliseconds since 1970; 0 where none does."""
    moment = _moment.get()
    return 0 if moment is None else moment.nanoseconds // 1_000_000


def install() -> None:
    """Let the standard library ask which step is running. To be done before the app's modules are imported, which may take
    functions out of theirs; once is enough."""
    if not _installed.acquire(blocking=False):
        return
    for name in _DRAWING:
        if hasattr(random, name):
            _replace(random, name, _drawing(name))
    _replace(time, "time", lambda: _nanoseconds() / 1e9)
    _replace(time, "time_ns", _nanoseconds)
    _replace_calendar()
    _replace(os, "urandom", _bytes)
    _replace(random, "_urandom", _bytes)
    _replace(uuid, "uuid4", lambda: uuid.UUID(bytes=_bytes(16), version=4))
    _replace(uuid, "uuid1", _uuid1)
    _replace_seed()
    _replace_now()


def _replace(module: Any, name: str, derived: Callable[..., Any]) -> None:
    original = getattr(module, name)

    @functools.wraps(original)
    def ask(*args: Any, **kwargs: Any) -> Any:
        return (original if _moment.get() is None else derived)(*args, **kwargs)

    setattr(module, name, ask)


def _drawing(name: str) -> Callable[..., Any]:
    def draw(*args: Any, **kwargs: Any) -> Any:
        return getattr(_draw(), name)(*args, **kwargs)

    return draw


def _nanoseconds() -> int:
    moment = _moment.get()
    assert moment is not None
    return moment.nanoseconds


def _draw() -> random.Random:
    moment = _moment.get()
    assert moment is not None
    return moment.draw()


def _bytes(size: int) -> bytes:
    return _draw().randbytes(size)


def _uuid1(node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
    """RFC 9562, section 5.1, with a random node, which no machine has."""
    draw = _draw()
    ticks = _nanoseconds() // 100 + 0x01B21DD213814000
    sequence = draw.getrandbits(14) if clock_seq is None else clock_seq
    where = draw.getrandbits(48) | 1 << 40 if node is None else node
    high = ticks >> 48 & 0x0FFF
    return uuid.UUID(
        fields=(ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, high, sequence >> 8 & 0x3F, sequence & 0xFF, where), version=1
    )


def _replace_seed() -> None:
    """Let a generator that is made without a seed begin with one of the step."""
    original = random.Random.seed

    @functools.wraps(original)
    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and _moment.get() is not None:
            a = _draw().getrandbits(256)
        original(self, a, version)

    random.Random.seed = seed  # type: ignore[method-assign]


def _replace_calendar() -> None:
    """Replace what tells the time where it is given none."""
    local = time.localtime
    for name in ("localtime", "gmtime", "ctime"):
        told = getattr(time, name)
        _replace(time, name, lambda seconds=None, told=told: told(_nanoseconds() / 1e9 if seconds is None else seconds))
    ascii, formatted = time.asctime, time.strftime
    _replace(time, "asctime", lambda when=None: ascii(when or local(_nanoseconds() / 1e9)))
    _replace(time, "strftime", lambda form, when=None: formatted(form, when or local(_nanoseconds() / 1e9)))


def _replace_now() -> None:
    """Replace what tells the time in `datetime`: a subclass in its place would be another class to everybody who compares classes."""
    derived_of: dict[tuple[type, str], Callable[..., Any]] = {
        (datetime.datetime, "now"): lambda cls, tz=None: cls.fromtimestamp(_nanoseconds() / 1e9, tz),
        (datetime.datetime, "utcnow"): lambda cls: cls.fromtimestamp(_nanoseconds() / 1e9, datetime.UTC).replace(
            tzinfo=None
        ),
        (datetime.date, "today"): lambda cls: cls.fromtimestamp(_nanoseconds() / 1e9),
    }
    for (kind, name), derived in derived_of.items():
        _set(kind, name, classmethod(functools.partial(_ask_class, vars(kind)[name], derived)))


def _ask_class(original: Any, derived: Callable[..., Any], cls: type, *args: Any, **kwargs: Any) -> Any:
    if _moment.get() is None:
        return original.__get__(None, cls)(*args, **kwargs)
    return derived(cls, *args, **kwargs)


def _set(kind: type, name: str, value: object) -> None:
    """Set an attribute of a class that is written in C, whose `__dict__` can only be read."""
    (attributes,) = (held for held in gc.get_referents(kind.__dict__) if isinstance(held, dict))
    attributes[name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
