"""The files that deploy a bundle, read by those they are for: the engine's own loader, and the schemas of Compose and Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deployment.engine import Engine
from deployment.schemas import check_compose, check_flink_deployment, check_kubernetes, documents
from jsonschema import ValidationError
from scenarios.compiler import ROOT, compiled

SHOP = ROOT / "fixtures" / "apps" / "shop" / "shop.py"

BUNDLES = {
    "statefun": ("statefun",),
    "statefun early": ("statefun", "--replies", "early"),
    "pyflink": ("pyflink",),
    "pyflink 1.20": ("pyflink", "--flink-version", "1.20", "--execution-mode", "process"),
    "pyflink rocksdb": ("pyflink", "--state-backend", "rocksdb", "--delivery", "transactions", "--state-ttl", "30d"),
}
OF_STATEFUN = [name for name in BUNDLES if name.startswith("statefun")]
OF_PYFLINK = [name for name in BUNDLES if name.startswith("pyflink")]

OF_FLINK_KUBERNETES = {"kubernetes.cluster-id"}
"""Settings of an archive that the project does not ask for; the image has it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployment")


@pytest.fixture(scope="module")
def bundles(folder: Path) -> dict[str, Path]:
    return {name: compiled(SHOP, folder / name, *options) for name, options in BUNDLES.items()}


PRODUCER = {"acks": "all", "enable.idempotence": "true", "max.request.size": str(8 << 20)}


@pytest.fixture(scope="module")
def engine(bundles: dict[str, Path], folder: Path) -> Engine:
    return Engine(bundles["statefun"], folder)


def configuration(folder: Path, settings: str, module: str) -> Path:
    """Return a folder of Flink's configuration that names a module."""
    folder.mkdir()
    (folder / "module.yaml").write_text(module)
    (folder / "flink-conf.yaml").write_text(f"{settings}\nstatefun.remote.module-name: file://{folder}/module.yaml\n")
    return folder


def config_map(bundle: Path) -> dict[str, str]:
    """Return what Kubernetes gives to the engine."""
    (found,) = (one for one in documents(bundle / "kubernetes.yaml") if one["kind"] == "ConfigMap")
    return {str(name): str(text) for name, text in found["data"].items()}


def names(settings: str) -> set[str]:
    """Return what is set, as Flink reads it: a line each."""
    return {line.partition(":")[0] for line in settings.splitlines() if line and not line.startswith("#")}


def test_the_engine_understands_all_that_it_is_told(bundles: dict[str, Path], engine: Engine, tmp_path: Path) -> None:
    told = {}
    for name in OF_STATEFUN:
        bundle = bundles[name]
        module = (bundle / "module.yaml").read_text()
        (project,) = documents(bundle / "compose.yaml")
        told[f"{name} file"] = ((bundle / "flink-conf.yaml").read_text(), module)
        told[f"{name} compose"] = (project["configs"]["flink"]["content"], module)
        told[f"{name} kubernetes"] = (config_map(bundle)["flink-conf.yaml"], config_map(bundle)["module.yaml"])
    folders = [configuration(tmp_path / name.replace(" ", "-"), *texts) for name, texts in told.items()]
    found = dict(zip(told, engine.understood(folders), strict=True))
    for name, (settings, _) in told.items():
        assert set(found[name]["settings"]) - {"statefun.remote.module-name"} == names(settings) - OF_FLINK_KUBERNETES
        kubernetes = "kubernetes" in name
        assert found[name]["module"] == {
            "ingresses": [1, 1, 1],
            "namespaces": "[shop]",
            "topics": ["shop.to.Item", "shop.to.User", "shop.to.kept-requests"],
            "consumer": {
                "bootstrap.servers": "KAFKA:9092" if kubernetes else "kafka:9092",
                "group.id": "shop",
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "max.partition.fetch.bytes": str(8 << 20),
                "allow.auto.create.topics": "false",
            },
            "from earliest": True,
            "kafka": "KAFKA:9092" if kubernetes else "kafka:9092",
            "producer": PRODUCER | ({"transaction.timeout.ms": "900000"} if "early" in name else {}),
            "unknown to Kafka": [],
            "timeout of transactions": "none" if "early" in name else "PT15M",
            "loses nothing": True,
            "functions": "http://shop-functions:8001/" if kubernetes else "http://functions:8001/",
            "transport": "TypeName(io.statefun.transports.v1, async)",
            "call": "PT5M",
            "connect": "PT10S",
            "largest answer": 1 << 30,
        }


@pytest.mark.parametrize("name", OF_STATEFUN)
def test_the_engine_builds_its_job(name: str, bundles: dict[str, Path], engine: Engine, tmp_path: Path) -> None:
    bundle = bundles[name]
    texts = [(bundle / path).read_text() for path in ("flink-conf.yaml", "module.yaml")]
    done = engine.plan(configuration(tmp_path / "conf", *texts))
    assert done.returncode == 0, done.stdout + done.stderr
    for operator in ("Source: stateflow-ingress-ingress", "functions", "Sink: stateflow-egress-egress"):
        assert f'"type" : "{operator}"' in done.stdout


@pytest.mark.parametrize(
    ("path", "good", "wrong", "words"),
    [
        ("module.yaml", "type: earliest", "type: first", "Invalid startup position type: first"),
        ("module.yaml", "io.statefun.kafka.v1/egress", "io.statefun.kafka.v9/egress", "io.statefun.kafka.v9"),
        ("module.yaml", "transactionTimeout: 15min", "transactionTimeout: soon", "text does not start with a number"),
        ("flink-conf.yaml", ";com.google.protobuf", "", "Must contain all of"),
        ("flink-conf.yaml", "checkpointing.unaligned: false", "checkpointing.unaligned: true", "unaligned"),
    ],
)
def test_the_engine_refuses_what_is_wrong(
    path: str, good: str, wrong: str, words: str, bundles: dict[str, Path], engine: Engine, tmp_path: Path
) -> None:
    bundle = bundles["statefun"]
    texts = {name: (bundle / name).read_text() for name in ("flink-conf.yaml", "module.yaml")}
    assert good in texts[path]
    texts[path] = texts[path].replace(good, wrong)
    done = engine.plan(configuration(tmp_path / "conf", *texts.values()))
    assert done.returncode == 1
    assert words in done.stdout + done.stderr


@pytest.mark.parametrize("name", BUNDLES)
def test_compose_takes_the_file(name: str, bundles: dict[str, Path]) -> None:
    (project,) = documents(bundles[name] / "compose.yaml")
    check_compose(project)
    for service in project["services"].values():
        build = service.get("build")
        if build is not None:
            file = "Dockerfile" if build == "." else build["dockerfile"]
            assert (bundles[name] / file).is_file()
        assert set(service.get("depends_on", [])) <= set(project["services"])
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in project["volumes"]
        for config in service.get("configs", []):
            assert config["source"] in project["configs"]


@pytest.mark.parametrize("name", OF_STATEFUN)
def test_kubernetes_takes_the_resources(name: str, bundles: dict[str, Path]) -> None:
    for resource in documents(bundles[name] / "kubernetes.yaml"):
        check_kubernetes(resource)


@pytest.mark.parametrize("name", OF_STATEFUN)
def test_the_resources_fit_together(name: str, bundles: dict[str, Path]) -> None:
    resources = documents(bundles[name] / "kubernetes.yaml")
    there = {(resource["kind"], resource["metadata"]["name"]) for resource in resources}
    assert len(there) == len(resources)
    pods = [resource["spec"]["template"] for resource in resources if resource["kind"] in ("Deployment", "Job")]
    for pod in pods:
        account = pod["spec"].get("serviceAccountName")
        assert account is None or ("ServiceAccount", account) in there
        for volume in pod["spec"].get("volumes", []):
            assert ("ConfigMap", volume["configMap"]["name"]) in there
        for mount in mounts(pod):
            assert mount["subPath"] in config_map(bundles[name])
    for resource in resources:
        spec = resource.get("spec")
        if resource["kind"] == "Service":
            (pod,) = (pod for pod in pods if spec["selector"].items() <= pod["metadata"]["labels"].items())
            ports = {port["containerPort"] for container in pod["spec"]["containers"] for port in container["ports"]}
            assert {port["port"] for port in spec["ports"]} <= ports
        elif resource["kind"] == "Deployment":
            assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        elif resource["kind"] == "HorizontalPodAutoscaler":
            assert (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"]) in there
    assert "http://shop-functions:8001/" in config_map(bundles[name])["module.yaml"]
    assert ("Service", "shop-functions") in there


def mounts(pod: Any) -> Iterator[Any]:
    """What the containers of a pod have mounted."""
    for container in pod["spec"]["containers"]:
        yield from container.get("volumeMounts", [])


@pytest.mark.parametrize("name", OF_PYFLINK)
def test_the_operator_takes_the_deployment(name: str, bundles: dict[str, Path], folder: Path) -> None:
    (deployment,) = documents(bundles[name] / "flinkdeployment.yaml")
    check_flink_deployment(deployment, folder)


def check_file(path: str, document: Any, folder: Path) -> None:
    """Raises `ValidationError` where a document of a file is not of the form that the file has."""
    if path == "compose.yaml":
        check_compose(document)
    elif path == "kubernetes.yaml":
        check_kubernetes(document)
    else:
        check_flink_deployment(document, folder)


@pytest.mark.parametrize(
    ("target", "path", "kind", "inside"),
    [
        ("statefun", "compose.yaml", None, []),
        ("statefun", "compose.yaml", None, ["services", "functions"]),
        ("statefun", "compose.yaml", None, ["configs", "flink"]),
        ("pyflink", "compose.yaml", None, ["services", "jobmanager"]),
        ("statefun", "kubernetes.yaml", "Deployment", ["spec"]),
        ("statefun", "kubernetes.yaml", "Job", ["spec", "template", "spec"]),
        ("statefun", "kubernetes.yaml", "HorizontalPodAutoscaler", ["spec", "scaleTargetRef"]),
        ("pyflink", "flinkdeployment.yaml", "FlinkDeployment", ["spec"]),
        ("pyflink", "flinkdeployment.yaml", "FlinkDeployment", ["spec", "job"]),
    ],
)
def test_a_schema_refuses_what_it_does_not_know(
    target: str, path: str, kind: str | None, inside: list[str], bundles: dict[str, Path], folder: Path
) -> None:
    document = next(one for one in documents(bundles[target] / path) if one.get("kind") == kind)
    check_file(path, document, folder)
    place = document
    for name in inside:
        place = place[name]
    place["unknown"] = 1
    with pytest.raises(ValidationError, match="unknown"):
        check_file(path, document, folder)
