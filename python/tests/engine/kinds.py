"""Classes of every sort that an app may define: the values of the tests of the wire."""

from __future__ import annotations

import collections
import enum
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Self, TypeVar

T = TypeVar("T")


@dataclass
class Point:
    x: Any
    y: Any = None


@dataclass(frozen=True)
class Fixed:
    x: Any


@dataclass(slots=True)
class Slotted:
    x: Any
    y: Any = field(default=None)


class Pair(NamedTuple):
    left: Any
    right: Any


class Plain:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Half:
    __slots__ = ("__dict__", "__hidden", "shown")

    def __init__(self, hidden: Any, shown: Any) -> None:
        self.__hidden = hidden
        self.shown = shown

    def hidden(self) -> Any:
        return self.__hidden


class Box(Generic[T]):
    def __init__(self, content: T) -> None:
        self.content = content


class Strict:
    """Refuses everything but to be there: nothing of it may run."""

    def __init__(self, value: Any) -> None:
        self.__dict__["value"] = value

    def __setattr__(self, name: str, value: object) -> None:
        raise TypeError("read-only")

    def __getstate__(self) -> object:
        raise TypeError("no state")


class Names(list[Any]):
    label: str = "none"


class Table(dict[Any, Any]):
    pass


class Tags(set[Any]):
    pass


class Ordered(collections.OrderedDict[Any, Any]):
    pass


class Recent(collections.deque[Any]):
    pass


class Word(str):
    __slots__ = ()


class Amount(int):
    note: str


class Ratio(float):
    pass


class Raw(bytes):
    pass


class Colour(enum.Enum):
    RED = "red"
    MIXED = (1, 2)


class Level(enum.IntEnum):
    LOW = 1


class Mode(enum.StrEnum):
    FAST = "fast"


class Right(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Oops(Exception):
    def __init__(self, code: int, *, detail: str) -> None:
        super().__init__(f"oops {code}")
        self.code = code
        self.detail = detail


class Counted(Exception):
    """It has a constructor of its own, which takes more than it keeps."""

    made = 0

    def __new__(cls, code: int, detail: str) -> Self:
        cls.made += 1
        return super().__new__(cls, code, detail)

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(code)
        self.detail = detail


class Several(ExceptionGroup):
    def __new__(cls, errors: list[Exception], code: int) -> Self:
        made = super().__new__(cls, f"{code} went wrong", errors)
        made.code = code  # type: ignore[attr-defined]
        return made


class Missing(KeyError):
    pass


class Broken(OSError):
    def __init__(self, path: str) -> None:
        super().__init__(2, "gone", path)
        self.extra = [path]


def double(value: int) -> int:
    return value * 2


def local_class() -> type:
    class Local:
        pass

    return Local


def nested() -> Any:
    return lambda: None


class Outer:
    class Inner:
        def __init__(self, value: Any) -> None:
            self.value = value

    @staticmethod
    def helper() -> None:
        return None
