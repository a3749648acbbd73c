"""The OpenAPI document of an app, from its annotations and docstrings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from stateflow.gateway.arguments import required
from stateflow.gateway.examples import Examples, NoExample, key_example
from stateflow.gateway.problems import MEDIA_TYPE
from stateflow.gateway.schemas import Schemas
from stateflow.gateway.surface import Entity, Method, Surface
from stateflow.gateway.transform import KEY_OF, REFUSED

Json = dict[str, Any]

_REF = "#/components/schemas/{model}"
_PROBLEM = "Problem"


def openapi(surface: Surface, schemas: Schemas, version: str) -> Json:
    """The document; `version` is that of the API, which is the bundle's digest."""
    bodies, definitions = _generate(surface, schemas)
    paths: Json = {}
    for entity in surface.entities.values():
        paths[f"/{entity.name}"] = {"post": _create(entity, bodies)}
        paths[f"/{entity.name}/{{key}}"] = {"get": _fields(entity, bodies)}
        for method in entity.methods.values():
            paths[f"/{entity.name}/{{key}}/{method.name}"] = {"post": _call(entity, method, bodies)}
    return {
        "openapi": "3.1.0",
        "info": {"title": surface.app, "version": version, "description": _DESCRIPTION},
        "tags": [
            {"name": entity.name, **({"description": entity.doc} if entity.doc else {})}
            for entity in surface.entities.values()
        ],
        "paths": paths,
        "components": {"schemas": {**definitions, _unused(_PROBLEM, definitions): _PROBLEM_SCHEMA}},
    }


class _Bodies:
    """The generated schemas: of bodies and results by method, of fields by entity."""

    def __init__(self, schemas: Mapping[tuple[str, str, str], Json], problem: str, examples: Examples) -> None:
        self._schemas = schemas
        self.problem = problem
        self.examples = examples

    def arguments(self, entity: str, method: str) -> Json:
        return self._schemas[entity, method, "arguments"]

    def result(self, entity: str, method: str) -> Json:
        return self._schemas[entity, method, "result"]

    def field(self, entity: str, name: str) -> Json:
        return self._schemas[entity, name, "field"]


def _generate(surface: Surface, schemas: Schemas) -> tuple[_Bodies, Json]:
    inputs: list[tuple[tuple[str, str, str], JsonSchemaMode, CoreSchema]] = []
    for entity in surface.entities.values():
        for method in (entity.init, *entity.methods.values()):
            inputs.append(
                ((entity.name, method.name, "arguments"), "validation", schemas.arguments(entity.name, method))
            )
            inputs.append(((entity.name, method.name, "result"), "serialization", schemas.value(method.returns)))
        for name, type_ in entity.fields.items():
            inputs.append(((entity.name, name, "field"), "serialization", schemas.value(type_)))
    generated, definitions = _JsonSchema(ref_template=_REF).generate_definitions(cast(Any, inputs))
    by_input = {cast("tuple[str, str, str]", key): schema for (key, _), schema in generated.items()}
    return _Bodies(by_input, _unused(_PROBLEM, definitions), Examples(surface.entities, schemas)), cast(
        Json, definitions
    )


def _unused(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _create(entity: Entity, bodies: _Bodies) -> Json:
    return {
        "tags": [entity.name],
        "operationId": f"{entity.name}.create",
        "summary": f"Create a {entity.name}",
        **_described(entity.init.doc),
        "parameters": [_IDEMPOTENCY_KEY],
        **_body(entity, entity.init, bodies),
        "responses": {
            "201": {
                "description": f"The {entity.name} was created.",
                "headers": {"Location": {"schema": {"type": "string"}, "description": "Its path."}},
                "content": {"application/json": {"schema": _created(entity), "example": {"key": key_example(entity)}}},
            },
            "409": _problem(bodies, f"There is already a {entity.name} of this key."),
            **_problems(bodies),
        },
    }


def _call(entity: Entity, method: Method, bodies: _Bodies) -> Json:
    return {
        "tags": [entity.name],
        "operationId": f"{entity.name}.{method.name}",
        "summary": f"{entity.name}.{method.name}",
        **_described(method.doc),
        "parameters": [_key(entity), _IDEMPOTENCY_KEY],
        **_body(entity, method, bodies),
        "responses": {
            "200": {
                "description": "The result.",
                "content": {"application/json": {"schema": bodies.result(entity.name, method.name)}},
            },
            "404": _problem(bodies, f"There is no {entity.name} of this key."),
            **_problems(bodies),
        },
    }


def _fields(entity: Entity, bodies: _Bodies) -> Json:
    properties = {name: bodies.field(entity.name, name) for name in entity.fields}
    return {
        "tags": [entity.name],
        "operationId": f"{entity.name}.fields",
        "summary": f"The fields of a {entity.name}",
        "parameters": [_key(entity)],
        "responses": {
            "200": {
                "description": "The fields.",
                "content": {"application/json": {"schema": {"type": "object", "properties": properties}}},
            },
            "404": _problem(bodies, f"There is no {entity.name} of this key."),
            "503": _problem(bodies, "The store cannot be read now."),
        },
    }


def _described(doc: str | None) -> Json:
    return {"description": doc} if doc else {}


def _body(entity: Entity, method: Method, bodies: _Bodies) -> Json:
    schema = bodies.arguments(entity.name, method.name)
    wanted = [param for param in method.params if required(param.kind, param.default)]
    content = {"schema": schema}
    with contextlib.suppress(NoExample):
        content["example"] = {param.name: bodies.examples.of(param.type) for param in wanted}
    return {"requestBody": {"required": bool(wanted), "content": {"application/json": content}}}


def _created(entity: Entity) -> Json:
    return {"type": "object", "properties": {"key": _key_type(entity)}, "required": ["key"]}


def _key_type(entity: Entity) -> Json:
    return {"type": "integer" if entity.key == "int" else "string"}


def _key(entity: Entity) -> Json:
    return {
        "name": "key",
        "in": "path",
        "required": True,
        "description": f"The key of the {entity.name}, percent-encoded.",
        "schema": _key_type(entity),
        "example": key_example(entity),
    }


def _problem(bodies: _Bodies, description: str) -> Json:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=bodies.problem)}}},
    }


def _problems(bodies: _Bodies) -> Json:
    return {status: _problem(bodies, description) for status, description in _PROBLEMS.items()}


class _JsonSchema(GenerateJsonSchema):
    """Pydantic's generator without derived titles, with references by key, and with nothing for what cannot be sent."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        generated = super().function_after_schema(schema)
        entity = (schema.get("metadata") or {}).get(KEY_OF)
        return {**generated, "description": f"The key of one {entity}."} if entity else generated

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        generated = super().tagged_union_schema(schema)
        # OpenAPI's discriminator maps to named schemas, and the alternatives of a reference stand in place.
        generated.pop("discriminator", None)
        return generated

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchemaValue:
        refused = (schema.get("metadata") or {}).get(REFUSED)
        if refused is None:
            return super().function_plain_schema(schema)
        return (
            {}
            if self.mode == "serialization"
            else {"not": {}, "description": f"{refused[0].upper()}{refused[1:]} cannot be sent."}
        )


_DESCRIPTION = (
    "An exception of the app is answered with status 400, its class as `title` and its message as `detail`. "
    "A request that timed out (504) goes on: sent again with the same `Idempotency-Key`, it gives its one result."
)

_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names the request: sent again with the same key, it is not run again and gives the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}

_PROBLEMS = {
    "400": "The app raised an exception, or the request could not be read.",
    "413": "The body is too large.",
    "415": "The body is not `application/json`.",
    "422": "The arguments are not valid.",
    "500": "The app's state or result could not be handled.",
    "503": "The store cannot take the request now; nothing was done.",
    "504": "No result yet; the request goes on.",
}

_PROBLEM_SCHEMA: Json = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "The arguments that are not valid.",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "location": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["field", "location", "detail"],
            },
        },
        "traceback": {
            "type": "array",
            "description": "The lines of the app that led to an exception, the outermost first.",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "line": {"type": "integer"},
                    "function": {"type": "string"},
                    "text": {"type": "string"},
                },
                "required": ["path", "line", "function", "text"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
    "example": {
        "type": "urn:stateflow:problem:invalid-arguments",
        "title": "Invalid Arguments",
        "status": 422,
        "detail": "One argument is not valid.",
        "errors": [{"field": "amount", "location": "amount", "detail": "input should be a valid integer"}],
    },
}
