"""The manifests in deploy/: each object fits the schema of its kind, and says what the service needs it to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from app.settings import Settings

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]
DEPLOY = Path(__file__).parents[2] / "deploy"
VERSION = "1.34"
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
GROUP = {"rayStartParams": TEXTS, "template": {"type": "object"}, "serviceType": {"enum": ["ClusterIP"]}}
COUNT = {"type": "integer", "minimum": 0}
RAY_CLUSTER = {
    "type": "object",
    "required": ["rayVersion", "headGroupSpec", "workerGroupSpecs"],
    "additionalProperties": False,
    "properties": {
        "rayVersion": {"type": "string"},
        "enableInTreeAutoscaling": {"type": "boolean"},
        "headGroupSpec": {
            "type": "object",
            "required": ["rayStartParams", "template"],
            "additionalProperties": False,
            "properties": GROUP,
        },
        "workerGroupSpecs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"],
                "additionalProperties": False,
                "properties": GROUP
                | {"groupName": {"type": "string"}, "replicas": COUNT, "minReplicas": COUNT, "maxReplicas": COUNT},
            },
        },
    },
}
"""The parts of KubeRay's `ray.io/v1` RayCluster that are used; its pods are held against Kubernetes' own schema."""


def objects(name: str) -> list[Any]:
    return [one for one in yaml.safe_load_all((DEPLOY / name).read_text("utf-8")) if one is not None]


def test_every_object_of_the_service_fits_its_schema() -> None:
    import kubernetes_validate

    found = objects("kubernetes.yaml")
    assert {one["kind"] for one in found} >= {"Deployment", "Service", "ConfigMap", "PodDisruptionBudget"}
    for one in found:
        kubernetes_validate.validate(one, VERSION, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    import kubernetes_validate

    (deployment,) = (one for one in objects("kubernetes.yaml") if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSION, strict=True)


def test_the_ray_cluster_fits_its_schema_down_to_its_pods() -> None:
    import jsonschema
    import kubernetes_validate

    (cluster,) = objects("raycluster.yaml")
    assert (cluster["apiVersion"], cluster["kind"]) == ("ray.io/v1", "RayCluster")
    jsonschema.validate(cluster["spec"], RAY_CLUSTER)
    for group in (cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **group["template"]}
        kubernetes_validate.validate(pod, VERSION, strict=True)


def test_settings_and_versions_are_those_of_the_project() -> None:
    by_kind = {one["kind"]: one for one in objects("kubernetes.yaml")}
    known = {f"EXPLORER_{name.upper()}" for name in Settings.model_fields}
    assert set(by_kind["ConfigMap"]["data"]) <= known
    pod = by_kind["Deployment"]["spec"]["template"]["spec"]
    patience = int(by_kind["ConfigMap"]["data"]["EXPLORER_SHUTDOWN_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > patience
    lock = (DEPLOY.parent / "requirements" / "cluster.lock").read_text("utf-8")
    (cluster,) = objects("raycluster.yaml")
    assert f"ray=={cluster['spec']['rayVersion']} " in lock
