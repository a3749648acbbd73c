"""From a JSON object to the arguments of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from stateflow.gateway.problems import bad_request, invalid_arguments, invalid_body
from stateflow.gateway.schemas import Schemas
from stateflow.gateway.surface import Method

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments."""

MAX_ERRORS = 50
"""How many errors a problem document lists."""


@dataclass(frozen=True, slots=True)
class Parser:
    """Validates the body of a request to one method and sorts its members into arguments.

    Only what the client sent is passed on: the callee fills in its own defaults.
    """

    validator: SchemaValidator
    optional_body: bool
    positional: Sequence[str]
    """The parameters that are passed by position where a positional-only or `*args` parameter makes it necessary."""
    rest: str | None
    """The name of the `*args` parameter."""

    def parse(self, body: bytes) -> Arguments:
        """Return the arguments; an empty body counts as `{}` where no argument is required."""
        if not body and self.optional_body:
            body = b"{}"
        try:
            given: dict[str, Any] = self.validator.validate_json(body)
        except ValidationError as error:
            raise _problem(error) from None
        if not self.positional and self.rest is None:
            return (), given
        return self._sorted(given)

    def _sorted(self, given: dict[str, Any]) -> Arguments:
        rest: Sequence[Any] = given.pop(self.rest, ()) if self.rest is not None else ()
        positional = []
        missing: list[str] = []
        wanted = [name for name in self.positional if name in given]
        last = self.positional.index(wanted[-1]) + 1 if wanted else 0
        for name in self.positional if rest else self.positional[:last]:
            if name in given:
                positional.append(given.pop(name))
            else:
                missing.append(name)
        if missing:
            because = self.rest if rest else wanted[-1]
            detail = f"required because {because!r}, which is passed by position after it, is given"
            raise invalid_arguments([{"field": name, "location": name, "detail": detail} for name in missing])
        return (*positional, *rest), given


def parser(schemas: Schemas, entity: str, method: Method) -> Parser:
    """The parser of the arguments of a method."""
    rest = next((param.name for param in method.params if param.kind == "var_positional"), None)
    by_position = {"positional_only", "regular"} if rest is not None else {"positional_only"}
    return Parser(
        validator=SchemaValidator(schemas.arguments(entity, method)),
        optional_body=not any(required(param.kind, param.default) for param in method.params),
        positional=[param.name for param in method.params if param.kind in by_position],
        rest=rest,
    )


def required(kind: str, default: str | None) -> bool:
    """Whether an argument must be given for a parameter of that kind and default."""
    return default is None and kind not in {"var_positional", "var_keyword"}


def _problem(error: ValidationError) -> Exception:
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    first = errors[0]
    if first["type"] == "json_invalid":
        return bad_request(
            "malformed-json", f"The body is not JSON: {_lower(first['msg'].removeprefix('Invalid JSON: '))}."
        )
    if not first["loc"]:
        return invalid_body("The body must be a JSON object that holds the arguments by the names of the parameters.")
    return invalid_arguments([_field_error(each) for each in errors[:MAX_ERRORS]])


def _field_error(error: Mapping[str, Any]) -> dict[str, object]:
    location = error["loc"]
    return {
        "field": str(location[0]),
        "location": ".".join(str(part) for part in location),
        "detail": _DETAILS.get(error["type"]) or _lower(error["msg"]),
    }


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


_DETAILS = {
    "missing": "required",
    "extra_forbidden": "there is no parameter of this name",
    "unexpected_keyword_argument": "there is no field of this name",
}
