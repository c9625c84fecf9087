"""Binder gets what `make install` makes, and a page offers only what leads somewhere."""

import os
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"


def test_it_installs_the_same_pins() -> None:
    lines = (BINDER / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if line[0] != "#"] == ["-r ../requirements.txt"]
    pins = (ROOT / "requirements.txt").read_text()
    assert re.search(r"^jupyterlab==", pins, re.MULTILINE)


def test_it_installs_the_package_as_make_does() -> None:
    script = (BINDER / "postBuild").read_text()
    assert "--no-deps -e ." in script
    assert "--no-deps -e ." in (ROOT / "book" / "tools" / "install.sh").read_text()
    assert os.access(BINDER / "postBuild", os.X_OK)


def test_it_trusts_the_notebooks_as_make_lab_does() -> None:
    assert "jupyter trust notebooks/*.ipynb" in (BINDER / "postBuild").read_text()
    make = (ROOT / "Makefile").read_text()
    assert re.search(r"^lab:.*\n\t.*-m nbformat\.sign .*/\*\.ipynb", make, re.MULTILINE)


def test_its_python_is_one_that_is_tested() -> None:
    [wanted] = re.findall(r"^python-(3\.\d+)$", (BINDER / "runtime.txt").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Programming Language :: Python :: {wanted}" in project["classifiers"]
    ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert wanted in ci["jobs"]["check"]["strategy"]["matrix"]["python"]


def test_the_published_book_leads_to_the_repository_it_is_built_from() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    # Without an address no button leads to another's repository.
    assert config["repository"]["url"] == config["launch_buttons"]["binderhub_url"] == ""
    assert config["sphinx"]["config"]["html_theme_options"]["use_download_button"]
    ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert ci["jobs"]["publish"]["needs"] == ["gate"]
    [build] = [step for step in ci["jobs"]["publish"]["steps"] if "run" in step]
    assert build["run"] == 'make book REPOSITORY="$REPOSITORY" BRANCH="$BRANCH"'
    assert build["env"] == {
        "REPOSITORY": "${{ github.server_url }}/${{ github.repository }}",
        "BRANCH": "${{ github.ref_name }}",
    }


def test_outside_links_are_asked_each_week_and_not_by_ci() -> None:
    workflows = ROOT / ".github" / "workflows"
    weekly = yaml.safe_load((workflows / "weekly.yml").read_text())
    # YAML 1.1 reads the key `on` as true.
    assert weekly[True]["schedule"]
    assert {"run": "make linkcheck"} in weekly["jobs"]["links"]["steps"]
    assert "linkcheck" not in (workflows / "ci.yml").read_text()
    assert "linkcheck" not in (ROOT / ".ci" / "run").read_text()
    make = (ROOT / "Makefile").read_text()
    assert re.search(r"^linkcheck:.*\n\t.*build \. --builder linkcheck$", make, re.MULTILINE)
