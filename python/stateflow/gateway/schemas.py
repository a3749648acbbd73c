"""Validators and JSON Schemas for the arguments that clients send, built once from the annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NotRequired, cast

from pydantic import ConfigDict, PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic_core import CoreSchema, SchemaError, core_schema
from typing_extensions import TypedDict

from stateflow.gateway.annotations import Annotations, Unknown
from stateflow.gateway.surface import Method, Surface, Type
from stateflow.gateway.transform import ENTITIES, TOLD, Transformer

_CONFIG = ConfigDict(strict=True, val_json_bytes="base64", arbitrary_types_allowed=True)


class Schemas:
    """Builds the core schemas of one app; `classes` are those of its entities."""

    def __init__(self, surface: Surface, classes: Mapping[str, type]) -> None:
        self._classes = classes
        self._annotations = Annotations(self._classes)
        self._transformer = Transformer(surface.entities)
        for class_ in self._classes.values():
            for base in class_.__mro__:
                if base.__module__ in surface.modules and "__get_pydantic_core_schema__" not in vars(base):
                    cast(Any, base).__get_pydantic_core_schema__ = classmethod(self._hook())

    def annotation(self, type_: Type) -> Any:
        """The type as a Python annotation."""
        return self._annotations.of(type_)

    def arguments(self, entity: str, method: Method) -> CoreSchema:
        """The schema of the JSON object that holds the arguments of a method."""
        fields: dict[str, Any] = {}
        extra: dict[str, Any] = {"closed": True}
        for param in method.params:
            annotation = self._known(param.type)
            if param.kind == "var_keyword":
                extra = {"extra_items": annotation}
            elif param.kind == "var_positional":
                fields[param.name] = NotRequired[list[annotation]]  # type: ignore[valid-type]
            else:
                fields[param.name] = annotation if param.default is None else NotRequired[annotation]
        arguments = cast(Any, TypedDict)(f"{entity}.{method.name}", fields, **extra)
        arguments.__pydantic_config__ = _CONFIG
        schema = cast(Any, TypeAdapter(arguments).core_schema)
        top = schema["schema"] if schema["type"] == "definitions" else schema
        top.pop("ref", None)  # so that it stands in place and not under a name of its own
        return self._transformer.walk(schema)

    def value(self, type_: Type) -> CoreSchema:
        """The schema of a value of that type."""
        schema = cast(Any, _list_schema(self._known(type_)))
        if schema["type"] == "definitions":
            schema = {**schema, "schema": schema["schema"]["items_schema"]}
        else:
            schema = schema["items_schema"]
        return self._transformer.walk(schema)

    def _known(self, type_: Type) -> Any:
        """The annotation, or `Unknown` where there can be no schema for it."""
        annotation = self.annotation(type_)
        try:
            _list_schema(annotation)
        except (PydanticSchemaGenerationError, PydanticUserError, TypeError, NameError, AttributeError, SchemaError):
            return Unknown
        return annotation

    def _hook(self) -> Callable[..., CoreSchema]:
        """What pydantic asks of an entity class, or of an app's class that entities inherit, wherever it is annotated."""

        def schema(_: type, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
            if isinstance(source, type):
                names = [name for name, class_ in self._classes.items() if issubclass(class_, source)]
                if names:
                    return core_schema.any_schema(
                        metadata={ENTITIES: names, TOLD: [self._classes[name] for name in names] == [source]}
                    )
            return handler(source)

        return schema


def _list_schema(annotation: Any) -> CoreSchema:
    """The schema of a list of it: pydantic takes no configuration for a dataclass that stands alone."""
    return TypeAdapter(list[annotation], config=_CONFIG).core_schema
