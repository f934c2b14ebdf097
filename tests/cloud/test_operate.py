"""The files of docs/operate/ are what they say: units that systemd takes, rules and panels about metrics that exist."""
import json
import re
import shutil
import subprocess

import pytest
from cloud import ROOT
from test_rights import chat

OPERATE = ROOT / "docs/operate"
NAME = re.compile(r"\b(?:yun|process)_[a-z0-9_]+")
OURS = re.compile(r'"((?:yun|process)_[a-z0-9_]+)"')
SERIES = ("_bucket", "_sum", "_count")  # what a histogram's name may end with
VARIABLES = {"$__rate_interval": "5m", "$model": ".*", "$workspace": ".*"}
UNITS = sorted(path.name for path in OPERATE.glob("*.service")) + sorted(path.name for path in OPERATE.glob("*.timer"))


@pytest.fixture(scope="module")
def metrics():
    """The names that /metrics may show."""
    return {name for path in (ROOT / "src/server").glob("*.cc") for name in OURS.findall(path.read_text())}


def base(name):
    return next((name.removesuffix(end) for end in SERIES if name.endswith(end)), name)


def unknown(expression, metrics):
    words = re.sub(r'"[^"]*"', "", expression)
    return [name for name in NAME.findall(words) if name not in metrics and base(name) not in metrics]


def dashboard():
    return json.loads((OPERATE / "grafana.json").read_text())


def expressions():
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def test_alerts_are_about_metrics_that_exist(metrics):
    found = re.findall(r"^ +expr: (.*(?:\n {10,}.*)*)", (OPERATE / "alerts.yml").read_text(), re.M)
    assert len(found) >= 8
    for expression in found:
        assert not unknown(expression, metrics), expression


def test_panels_are_about_metrics_that_exist(metrics):
    shown = dict(expressions())
    assert len(shown) > 15
    for title, expression in expressions():
        assert not unknown(expression, metrics), title
    for variable in dashboard()["templating"]["list"]:
        assert variable["type"] == "datasource" or not unknown(variable["query"], metrics), variable["name"]


def test_a_running_cloud_shows_them(cloud):
    chat(cloud, cloud.key)
    live = {name.split("{")[0] for name in cloud.metrics()}
    shown = (OPERATE / "alerts.yml").read_text() + "".join(f"{expression}\n" for _, expression in expressions())
    wanted = set(NAME.findall(re.sub(r'"[^"]*"', "", shown)))
    assert len(wanted) > 20
    assert {name for name in wanted if name not in live and base(name) not in live} == set()


def test_panels_have_their_places():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = set()
    for panel in panels:
        at = panel["gridPos"]
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & mine, panel["title"]
        cells |= mine


def test_prometheus_takes_rules_and_queries(tmp_path):
    if not (promtool := shutil.which("promtool")):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    rules = []
    for i, (_, expression) in enumerate(expressions()):
        for variable, value in VARIABLES.items():
            expression = expression.replace(variable, value)
        rules.append({"record": f"panel:{i}", "expr": expression})
    panels = tmp_path / "panels.json"  # JSON is YAML
    panels.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    for check, path in (("rules", OPERATE / "alerts.yml"), ("rules", panels), ("config", OPERATE / "prometheus.yml")):
        said = subprocess.run([promtool, "check", check, str(path)], capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_units(unit):
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd is not installed")
    said = subprocess.run([analyze, "verify", str(OPERATE / unit)], capture_output=True, text=True)
    wrong = [line for line in said.stderr.splitlines() if unit in line and "is not executable" not in line]
    assert not wrong, said.stderr


def test_the_service_is_shut_in():
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd is not installed")
    said = subprocess.run([analyze, "security", "--offline=true", str(OPERATE / "yun.service")], capture_output=True, text=True)
    exposure = re.search(r"exposure level for yun.service: ([\d.]+)", said.stdout)
    assert exposure and float(exposure[1]) < 2.5, said.stdout[-300:] + said.stderr


def test_files_name_options_that_exist():
    commands = "".join(path.read_text() for path in (ROOT / "src/cli").glob("*.cc"))
    for path in OPERATE.iterdir():
        if path.suffix in (".conf", ".service", ".md") or path.name == "Caddyfile":
            for line in re.findall(r"yun (?:serve|with:|admin|backup|restore)(?:[^`\n]|\\\n)*", path.read_text()):
                for option in re.findall(r"--([a-z][a-z-]+)", line):
                    assert f"--{option}" in commands, (path.name, option)


def test_the_guide_names_each_file():
    guide = "".join(path.read_text() for path in OPERATE.glob("*.md"))
    for path in OPERATE.iterdir():
        assert f"({path.name}" in guide or path.name == "README.md", path.name
