"""docs/kubernetes.md and docs/operator: their manifests are accepted, and nothing that can be met is without its entry."""

import base64
import re
import shutil
import subprocess

import pytest
import yaml

from support.kubernetes.manifest_check import CRD, DEPLOY, REPOSITORY, check

DOCS = REPOSITORY / "docs"
PAGES = [DOCS / "kubernetes.md", *sorted((DOCS / "operator").glob("*.md"))]
OPERATOR = REPOSITORY / "src" / "kubernetes" / "operator"


def yaml_blocks(page):
    return [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.M | re.S)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_manifests_are_accepted(cluster, page):
    whole = [block for block in yaml_blocks(page) if "apiVersion" in block and "metadata" in block]
    # Of others, there is no definition of Argo CD's applications here.
    check(cluster, [one for one in whole if one["kind"] != "Application"])


def test_the_secret_of_the_page_has_the_urls_and_no_more(kubectl, tmp_path):
    urls = {"migration-url": "postgres://m:a%20#b=c$d@db/app?sslmode=require", "app-url": "postgres://a@db/app"}
    (tmp_path / "urls").write_text("".join(f"{key}={url}\n" for key, url in urls.items()))
    command, = re.findall(r"^\$ kubectl (.* create secret .*)$", (DOCS / "kubernetes.md").read_text(), re.M)
    made = subprocess.run([kubectl, *command.split(), "--dry-run=client", "-o", "yaml"], cwd=tmp_path, stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    secret = yaml.safe_load(made)
    assert secret["metadata"] == {"name": "db-credentials", "namespace": "production"}
    assert {key: base64.b64decode(value).decode() for key, value in secret["data"].items()} == urls


@pytest.fixture(scope="session")
def overlays(kubectl, tmp_path_factory):
    """What the page's kustomizations make, in folders beside a checkout called dunlin."""
    place = tmp_path_factory.mktemp("overlays")
    shutil.copytree(DEPLOY, place / "dunlin" / "deploy")

    def made(number, block):
        folder = place / str(number)
        folder.mkdir()
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(block))
        return subprocess.run([kubectl, "kustomize", folder], stdout=subprocess.PIPE, text=True, check=True).stdout
    blocks = [block for block in yaml_blocks(DOCS / "operator" / "install.md") if block["kind"] == "Kustomization"]
    return [made(number, block) for number, block in enumerate(blocks)]


def test_the_overlay_of_the_page_takes_its_image_everywhere(overlays):
    version = (REPOSITORY / "VERSION").read_text().strip()
    assert re.findall(r"(?:image|value): (\S*dunlin-operator:\S+)", overlays[0]) == [
        f"registry.example.com/dunlin-operator:{version}"] * 2


def test_the_overlay_of_the_page_moves_everything_to_its_namespace(overlays):
    assert "shop" in overlays[1] and "my-team" not in overlays[1] and "migrations-operator-system" not in overlays[1]


def entries():
    return set(re.findall(r"^### (\w+)$", (DOCS / "operator" / "troubleshooting.md").read_text(), re.M))


def test_every_reason_of_a_condition_has_an_entry():
    sources = "".join((OPERATOR / name).read_text() for name in ("verdict.cc", "contract_verdict.cc"))
    calls = re.findall(r"(?:verdict|waits)\(\s*(?:Truth::\w+,\s*)?\"([A-Z]\w+)\"", sources)
    reasons = {*calls, "CreateError", "CompositeReady", "CompositeNotReady",
               *re.findall(r'"reason", "(\w+)"', (OPERATOR / "status_record.cc").read_text())}
    assert len(reasons) > 15 and reasons - entries() == set()


def test_every_alert_has_an_entry():
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())["spec"]
    assert {rule["alert"] for group in rules["groups"] for rule in group["rules"]} <= entries()


def test_every_field_is_in_the_guide():
    text = (DOCS / "operator" / "guide.md").read_text()
    table = text[text.index("## Fields"):text.index("## When a migration fails")]
    version, = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    fields = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert [name for name in fields if f"`{name}`" not in table] == []


def test_every_metric_of_ours_is_in_the_guide():
    text = (DOCS / "operator" / "guide.md").read_text()
    sources = "".join(path.read_text() for path in OPERATOR.glob("*.cc"))
    metrics = set(re.findall(r'"(dunlin_operator_[a-z_]+)"', sources))
    assert len(metrics) > 5 and [name for name in metrics if name not in text] == []


def test_pages_lead_to_every_example():
    text = "".join(page.read_text() for page in PAGES)
    examples = [path.name for path in (REPOSITORY / "examples" / "kubernetes").iterdir()]
    assert [name for name in examples if f"examples/kubernetes/{name}" not in text and name != "README.md"] == []
