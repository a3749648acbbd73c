"""The OpenAPI document, and the gateway held against it."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from gateway_fake import IR, VALUES, FakeApp, exists, gateway, not_found
from hypothesis import HealthCheck, settings
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from stateflow.adapters.service import Request
from stateflow.gateway.arguments import parser
from stateflow.gateway.schemas import Schemas
from stateflow.gateway.surface import read_surface
from stateflow.step.message import Address

GATEWAY, SERVICE = gateway()
SURFACE = read_surface(IR)
SCHEMAS = Schemas(SURFACE, FakeApp.classes)
DOCUMENT: dict[str, Any] = GATEWAY.openapi()
UNSENDABLE = r"take_(plain|unloaded)$"
TUPLES = ("give_point", "give_pair")
"""The checker does not know the schemas of tuples (`prefixItems`) in responses."""

SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", GATEWAY).exclude(path_regex=UNSENDABLE)


def answer(request: Request) -> object:
    """Answers with what the annotations promise, and sometimes with a refusal."""
    if request.key == "":
        return not_found(request.entity, "")
    if request.method == "__init__":
        name: Any = request.arguments["name"]
        return exists(request.entity, name) if name in ("", 0) else Address(request.entity, name)
    return VALUES.get(request.method.removeprefix("give_"), {"buy": True, "balance": 1}.get(request.method))


def test_the_document_is_valid() -> None:
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)
    assert DOCUMENT["info"]["title"] == "fake"


def test_operations() -> None:
    paths = DOCUMENT["paths"]
    assert set(paths["/Item"]) == {"post"}
    assert set(paths["/Item/{key}"]) == {"get"}
    buy = paths["/Item/{key}/buy"]["post"]
    assert (buy["tags"], buy["description"], buy["operationId"]) == (["Item"], "Buy some of it.", "Item.buy")
    assert "/Item/{key}/_secret" not in paths
    assert {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}["Item"] == "An entity named Item."
    body = buy["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {
        "type": "object",
        "title": "Item.buy",
        "properties": {
            "amount": {"type": "integer"},
            "item": {"type": "string", "description": "The key of one Item."},
        },
        "required": ["amount"],
        "additionalProperties": False,
    }
    assert body["content"]["application/json"]["example"] == {"amount": 1}
    assert buy["responses"]["200"]["content"]["application/json"]["schema"] == {"type": "boolean"}
    assert paths["/Account/{key}"]["get"]["parameters"][0]["schema"] == {"type": "integer"}


def test_schemas_of_types() -> None:
    def taken(name: str) -> Any:
        body = DOCUMENT["paths"][f"/Item/{{key}}/take_{name}"]["post"]["requestBody"]
        return body["content"]["application/json"]["schema"]["properties"][name]

    assert taken("entry") == {"$ref": "#/components/schemas/Entry-Input"}
    assert DOCUMENT["components"]["schemas"]["Entry-Input"]["properties"]["item"]["anyOf"][0]["type"] == "string"
    assert taken("plain") == {"not": {}, "description": "A value of class Plain cannot be sent."}
    assert taken("datetime") == {"type": "string", "format": "date-time"}
    address = taken("account")["oneOf"][1]
    assert address["properties"]["entity"]["const"] == "Savings"


def test_examples_are_valid() -> None:
    for path, operations in DOCUMENT["paths"].items():
        _, entity, *method = path.split("/")
        body = operations.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in body:
            surface = SURFACE.entities[entity]
            called = surface.methods[method[1]] if method else surface.init
            parser(SCHEMAS, entity, called).parse(json.dumps(body["example"]).encode())
    assert example("take_color") == {"color": "red"}
    assert example("take_account") == {"account": {"entity": "Account", "key": 1}}
    assert example("take_items") == {"items": ["item"]}
    assert example("take_entry") is None


def example(method: str) -> Any:
    content = DOCUMENT["paths"][f"/Item/{{key}}/{method}"]["post"]["requestBody"]["content"]["application/json"]
    return content.get("example")


@SCHEMA.parametrize()
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_documented(case: schemathesis.Case[Any]) -> None:
    SERVICE.answer = answer
    response = case.call()
    checks = [not_a_server_error, status_code_conformance, content_type_conformance]
    if not case.path.endswith(TUPLES):
        checks.append(response_schema_conformance)
    case.validate_response(response, checks=checks)
