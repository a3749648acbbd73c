"""How the attributes of a plain object are taken out and put back, without running any of its code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from types import MemberDescriptorType
from typing import Any

from stateflow.wire.errors import Unencodable, article

HEAP_TYPE = 1 << 9
_BARE_BASES = (object, tzinfo)


class Layout:
    """The attributes of the instances of one class: those of `__dict__`, and slots."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        transient: frozenset[str] = getattr(cls, "__stateflow_transient__", frozenset())
        self.settle: Callable[[Any], None] | None = getattr(cls, "__stateflow_settle__", None)
        self.slots: dict[str, Any] = {
            name: member
            for base in reversed(cls.__mro__)
            if base.__flags__ & HEAP_TYPE
            for name, member in vars(base).items()
            if isinstance(member, MemberDescriptorType) and name not in transient
        }

    def state(self, instance: Any) -> dict[str, object]:
        """Return the attributes that are set, by name."""
        if self.settle is not None:
            self.settle(instance)
        attributes: dict[str, object] = getattr(instance, "__dict__", {})
        if self.slots:
            attributes = dict(attributes)
            for name, member in self.slots.items():
                try:
                    attributes[name] = member.__get__(instance)
                except AttributeError:
                    continue
        if "__orig_class__" in attributes:
            attributes = {name: value for name, value in attributes.items() if name != "__orig_class__"}
        return attributes

    def fill(self, instance: Any, state: dict[str, object]) -> None:
        """Set the attributes of an instance that has none."""
        if not self.slots:
            instance.__dict__.update(state)
            return
        for name, value in state.items():
            member = self.slots.get(name)
            if member is None:
                instance.__dict__[name] = value
            else:
                member.__set__(instance, value)


def blank_maker(cls: type) -> Any:
    """Return what makes an instance of a plain class without attributes, given the class.

    Raises `Unencodable` where the class has a part that is not Python's: an open file, a lock.
    """
    solid = next(base for base in cls.__mro__ if not base.__flags__ & HEAP_TYPE)
    if solid not in _BARE_BASES:
        raise Unencodable(f"{article(cls.__qualname__)} is {article(solid.__qualname__)}, which cannot be encoded")
    return solid.__new__
