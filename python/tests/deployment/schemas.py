"""The schemas of files that are deployed: the Compose specification's, Kubernetes', and the Flink Kubernetes operator's."""

from __future__ import annotations

import json
import subprocess
import zipfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for

KUBERNETES = "1.34"
OPERATOR = "org.apache.flink:flink-kubernetes-operator-api:1.10.0"


def documents(path: Path) -> list[Any]:
    """The documents of a file of YAML."""
    return list(yaml.safe_load_all(path.read_text()))


def check_compose(project: Any) -> None:
    """Raises `ValidationError`."""
    file = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(file.read_text())
    validator_for(schema)(schema).validate(project)


def check_kubernetes(resource: Any) -> None:
    """Raises `ValidationError`, also for what the schema does not know."""
    kubernetes_validate.validate(resource, KUBERNETES, strict=True)


def check_flink_deployment(resource: Any, folder: Path) -> None:
    """Raises `ValidationError`, also for what the schema does not know."""
    Draft7Validator(_flink_deployment(folder)).validate(resource)


@cache
def _flink_deployment(folder: Path) -> Any:
    """The operator's own definition, with which Kubernetes refuses what is not of that form."""
    subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={OPERATOR}", f"-DoutputDirectory={folder}"], check=True
    )
    with zipfile.ZipFile(next(folder.glob("flink-kubernetes-operator-api-*.jar"))) as archive:
        definition = yaml.safe_load(archive.read("META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml"))
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"] |= {"apiVersion": {"const": "flink.apache.org/v1beta1"}, "kind": {"const": "FlinkDeployment"}}
    schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    # The newest operator that Maven Central has is older than Flink 2.2, of which later ones know by this name.
    schema["properties"]["spec"]["properties"]["flinkVersion"]["enum"].append("v2_2")
    return _closed(schema)


def _closed(schema: Any) -> Any:
    """The schema, where objects have no other members than those it tells of."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    if (
        "properties" in schema
        and schema.get("type") == "object"
        and "x-kubernetes-preserve-unknown-fields" not in schema
    ):
        closed.setdefault("additionalProperties", False)
    return closed
