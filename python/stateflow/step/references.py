"""References: what a variable holds that names another entity.

A reference is an instance of a subclass of the entity's class, so that `isinstance` and `match` tell what they tell in plain
Python. It has no fields. Code that the compiler has cut knows how to use it; any other code gets an error that says what to do.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NoReturn

from stateflow.errors import StateflowError
from stateflow.step.message import Address

_ADDRESS = "_stateflow_address"


class Handle:
    """A method of another entity: what `flow.call` accepts."""

    __slots__ = ("address", "method")

    def __init__(self, address: Address, method: str) -> None:
        self.address = address
        self.method = method

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse: the call has to be one that the compiler sees."""
        entity = self.address.entity
        raise StateflowError(
            f"{entity}.{self.method} of {self.address} cannot be called from here: only from a method of an entity, "
            f"where the compiler knows the receiver to be of class {entity} (annotate it)"
        )

    def __repr__(self) -> str:
        return f"<method {self.method} of {self.address}>"


def make_reference_class(cls: type, methods: Collection[str]) -> type:
    """Return the class of the references to instances of an entity's class."""
    statics = {name: getattr(cls, name) for name in dir(cls) if _runs_anywhere(cls, name)}

    def get_attribute(self: Any, name: str) -> Any:
        if name in methods:
            return Handle(address_of(self), name)
        if name in statics:
            return statics[name]
        if name.startswith("__") and name.endswith("__") and name != "__dict__":
            return object.__getattribute__(self, name)
        address = address_of(self)
        raise StateflowError(
            f"{address.entity}.{name} of {address} cannot be read from here: only in a method of an entity, where the "
            f"compiler knows the receiver to be of class {address.entity} (annotate it)"
        )

    def set_attribute(self: Any, name: str, value: object) -> NoReturn:
        address = address_of(self)
        raise StateflowError(
            f"{address.entity}.{name} of {address} cannot be set from outside: give {address.entity} a method that does it"
        )

    def del_attribute(self: Any, name: str) -> NoReturn:
        address = address_of(self)
        raise StateflowError(
            f"{address.entity}.{name} of {address} cannot be deleted from outside: give {address.entity} a method that does it"
        )

    def refuse_copy(self: Any, protocol: object) -> NoReturn:
        raise StateflowError(f"{address_of(self)} cannot be copied or pickled: it is a reference to an entity")

    namespace = {
        "__slots__": (_ADDRESS,),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "__class__": property(lambda self: cls),
        "__getattribute__": get_attribute,
        "__setattr__": set_attribute,
        "__delattr__": del_attribute,
        "__reduce_ex__": refuse_copy,
    }
    return type(cls)(cls.__name__, (cls,), namespace)


def make_reference(reference_class: type, address: Address) -> Any:
    """Return a reference to the entity at an address."""
    reference: Any = object.__new__(reference_class)
    object.__setattr__(reference, _ADDRESS, address)
    return reference


def address_of(reference: Any) -> Address:
    """Return the address that a reference stands for."""
    address: Address = object.__getattribute__(reference, _ADDRESS)
    return address


def known_address(value: Any) -> Address | None:
    """Return the address that a reference stands for; None for any other value."""
    return address_of(value) if _ADDRESS in type(value).__dict__ else None


def _runs_anywhere(cls: type, name: str) -> bool:
    """Tell whether a name is a static or class method, which needs no instance."""
    for base in cls.__mro__[:-1]:
        if name in vars(base):
            return isinstance(vars(base)[name], staticmethod | classmethod) and not name.startswith("__")
    return False
