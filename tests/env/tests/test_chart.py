"""The Helm chart as Helm sees it: lint, what its schema refuses, and that it says the same as the files that it is made from."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import chart_files
from world import helm_build
from world.layout import CHECKOUT

CHART = CHECKOUT / chart_files.CHART
VALUES = sorted((CHECKOUT / chart_files.VALUES).glob("*.yaml"))
Json = dict[str, Any]


def helm(*arguments: str, values: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(helm_build.helm()), *arguments, "--values=-"]
    return subprocess.run(command, input=values, capture_output=True, text=True, check=False)


def objects(text: str) -> dict[tuple[str, str], Json]:
    """Return the objects of a stream by kind and name."""
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(text) if each}


def rendered(*arguments: str, values: str = "") -> dict[tuple[str, str], Json]:
    ended = helm("template", "fargatestack", str(CHART), "--namespace=fargatestack-system", *arguments, values=values)
    assert ended.returncode == 0, ended.stderr
    return objects(ended.stdout)


def refusal(values: str) -> str:
    ended = helm("template", "fargatestack", str(CHART), values=values)
    assert ended.returncode != 0, ended.stdout
    return ended.stderr


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_lint_finds_nothing(values: Path) -> None:
    ended = helm("lint", "--strict", str(CHART), values=values.read_text())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "[WARNING]" not in ended.stdout


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ("replicas: 3", "replicas"),
        ("replicaCount: two", "/replicaCount"),
        ("replicaCount: 1.5", "/replicaCount"),
        ("replicaCount: -1", "/replicaCount"),
        ("leaderElection: true", "/leaderElection"),
        ("leaderElection: {retryPeriodSeconds: 0}", "/leaderElection/retryPeriodSeconds"),
        ("terminationGracePeriodSeconds: 10", "/terminationGracePeriodSeconds"),
        ("image: {registry: quay.io}", "registry"),
        ("image: {tag: 1.10}", "/image/tag"),
        ("image: {digest: latest}", "/image/digest"),
        ("image: {pullPolicy: Sometimes}", "/image/pullPolicy"),
        ("image: {repository: ''}", "/image/repository"),
        ("imagePullSecrets: [registry]", "/imagePullSecrets/0"),
        ("crds: {install: true}", "install"),
        ("crds: {keep: 'yes'}", "/crds/keep"),
        ("rbac: {create: 1}", "/rbac/create"),
        ("serviceAccount: {annotations: {a: true}}", "/serviceAccount/annotations/a"),
        ("serviceAccount: {annotations: {eks.amazonaws.com/role-arn: fargatestack}}", "role-arn"),
        ("aws: {region: Ireland}", "/aws/region"),
        ("settings: {resyncSeconds: 5m}", "/settings/resyncSeconds"),
        ("settings: {settleSeconds: 0}", "/settings/settleSeconds"),
        ("settings: {callsPerStack: 0}", "/settings/callsPerStack"),
        ("settings: {ownidentity: false}", "ownidentity"),
        ("log: {format: logfmt}", "/log/format"),
        ("logLevel: debug", "logLevel"),
        ("awsIdentities: [{name: shop}]", "/awsIdentities"),
        ("awsIdentities: {Shop: {accountId: '111122223333', allowedRegions: [eu-west-1]}}", "Shop"),
        ("awsIdentities: {shop: {accountId: 111122223333, allowedRegions: [eu-west-1]}}", "/awsIdentities/shop/accountId"),
        ("awsIdentities: {shop: {accountId: '111122223333'}}", "allowedRegions"),
        ("awsIdentities: {shop: {accountId: '111122223333', allowedRegions: [eu-west-1], roleARN: x}}", "roleARN"),
        ("deletionProtectionPolicy: {enabled: 'true'}", "/deletionProtectionPolicy/enabled"),
        ("argocd: {enabled: 'true'}", "/argocd/enabled"),
        ("argocd: {healthCheck: true}", "healthCheck"),
        ("metrics: {port: 0}", "/metrics/port"),
        ("metrics: {port: '8080'}", "/metrics/port"),
        ("healthProbe: {port: 65536}", "/healthProbe/port"),
        ("serviceMonitor: {interval: 30}", "/serviceMonitor/interval"),
        ("serviceMonitor: {additionalLabels: {}}", "additionalLabels"),
        ("livenessProbe: {httpGet: {path: /}}", "httpGet"),
        ("resources: {cpu: 1}", "cpu"),
        ("strategy: {type: Rolling}", "/strategy/type"),
        ("podDisruptionBudget: {minAvailable: half}", "/podDisruptionBudget/minAvailable"),
        ("nodeSelector: {gpu: true}", "/nodeSelector/gpu"),
        ("tolerations: [{key: a, effect: Never}]", "/tolerations/0/effect"),
        ("affinity: {nodeSelector: {}}", "nodeSelector"),
        ("topologySpreadConstraints: [{maxSkew: 1}]", "topologyKey"),
        ("extraArgs: --calls-per-stack=4", "/extraArgs"),
        ("extraEnv: {AWS_REGION: eu-west-1}", "/extraEnv"),
        ("extraEnv: [{name: A, val: b}]", "val"),
        ("extraVolumes: [{emptyDir: {}}]", "/extraVolumes/0"),
        ("extraVolumeMounts: [{name: a}]", "mountPath"),
        ("fullnameOverride: Fargate_Stack", "/fullnameOverride"),
    ],
)
def test_the_schema_refuses(values: str, path: str) -> None:
    said = refusal(values)
    assert "values don't meet the specifications of the schema" in said
    assert path in said


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("leaderElection: {enabled: false}", "set replicaCount to 1"),
        ("podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}", "minAvailable or maxUnavailable, not both"),
        ("leaderElection: {leaseDurationSeconds: 10}", "more than renewDeadlineSeconds"),
        ("{metrics: {enabled: false}, serviceMonitor: {enabled: true}}", "metrics.enabled"),
    ],
)
def test_values_that_contradict_each_other_are_refused(values: str, message: str) -> None:
    assert message in refusal(values)


def test_values_and_schema_name_the_same() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    def differences(values: Json, node: Json, path: str) -> list[str]:
        named = set(node.get("properties", {}))
        # The values of an open map, and those that have no default, are named in the schema alone.
        found = [f"{path}{name}: not in the schema" for name in values if name not in named and node.get("additionalProperties") is False]
        for name in named & set(values):
            below = node["properties"][name]
            if isinstance(values[name], dict) and "properties" in below:
                found += differences(values[name], below, f"{path}{name}.")
        return found

    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert differences(values, schema, "") == []
    assert set(schema["properties"]) == set(values)


def test_an_identity_of_the_values_is_one_of_the_definition() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())["definitions"]["identity"]
    definition = yaml.safe_load((CHECKOUT / "crds" / "awsidentities.yaml").read_text())
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert set(schema["properties"]) == set(spec["properties"])
    assert set(schema["required"]) == set(spec["required"])


def test_the_definitions_are_those_of_the_checkout_and_are_kept() -> None:
    made = rendered()
    for path in sorted((CHECKOUT / "crds").glob("*.yaml")):
        plain = yaml.safe_load(path.read_text())
        found = made["CustomResourceDefinition", plain["metadata"]["name"]]
        assert found["spec"] == plain["spec"]
        assert found["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    unkept = rendered(values="crds: {keep: false}")
    assert all("annotations" not in each["metadata"] for (kind, _), each in unkept.items() if kind == "CustomResourceDefinition")
    assert not [name for kind, name in rendered(values="crds: {enabled: false}") if kind == "CustomResourceDefinition"]


def test_the_installation_without_helm_holds_the_printed_rights() -> None:
    whole = objects((CHECKOUT / "manifests" / "install.yaml").read_text())
    printed = objects((CHECKOUT / "manifests" / "rbac.yaml").read_text())
    assert ("ClusterRole", chart_files.NAME) in printed
    for name, each in printed.items():
        del whole[name]["metadata"]["labels"]
        whole[name].pop("automountServiceAccountToken", None)
        assert whole[name] == each
    text = json.dumps(list(whole.values()))
    assert "helm.sh/" not in text
    assert '"Helm"' not in text


def test_identities_wait_until_the_api_server_knows_them() -> None:
    shop = "awsIdentities: {shop: {accountId: '111122223333', allowedRegions: [eu-west-1]}}\n"
    identity = ("AwsIdentity", "shop")
    assert identity not in rendered(values=shop)
    known = rendered("--api-versions=fargatestack.dev/v1alpha1/AwsIdentity", values=shop)
    assert known[identity]["spec"] == {"accountId": "111122223333", "allowedRegions": ["eu-west-1"]}
    assert identity in rendered(values=shop + "crds: {enabled: false}")


def test_everything_is_in_the_namespace_of_the_release_and_bears_its_labels() -> None:
    cluster = ("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "AwsIdentity", "Validating")
    every = rendered(values=(CHECKOUT / chart_files.VALUES / "everything.yaml").read_text())
    # A part of what is Argo CD's own.
    del every["ConfigMap", "argocd-cm"]
    for (kind, name), each in every.items():
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == "fargatestack", (kind, name)
        assert each["metadata"]["labels"]["team"] == "platform", (kind, name)
        if not kind.startswith(cluster):
            assert each["metadata"]["namespace"] == "fargatestack-system", (kind, name)


def test_the_chart_is_of_the_controllers_version() -> None:
    package = tomllib.loads((CHECKOUT / "Cargo.toml").read_text())["workspace"]["package"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == package["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", chart["version"])
