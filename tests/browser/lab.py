"""`make lab` on a copy of the notebooks, and a notebook opened in it as a reader would."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import ROOT

NOTEBOOKS = ROOT / "notebooks"
OPTIONS = "--no-browser --port=0 --LabApp.extension_manager=readonly"
# The first start of JupyterLab asks whether it may fetch news.
_SETTINGS = "lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)")
# Milliseconds; a busy machine is no failure.
PATIENCE = 60_000
# A traceback is drawn as what was written to stderr; no notebook writes anything else there.
_ERROR = "[data-mime-type='application/vnd.jupyter.stderr']"
_IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
_RAN = """([cells, error]) => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
  const ran = prompts.filter((each) => /^\\[\\d+\\]:$/.test(each.textContent));
  return ran.length === cells || document.querySelector(error) !== null;
}"""


@dataclass(frozen=True)
class Lab:
    """Where a running JupyterLab is, and the word that lets one in."""

    address: str
    token: str


@contextmanager
def running(folder: Path) -> Iterator[Lab]:
    """Start `make lab` on a copy of the notebooks in ``folder``, and stop it at the end."""
    notebooks, config = folder / "notebooks", folder / "config"
    shutil.copytree(NOTEBOOKS, notebooks)
    (config / _SETTINGS).parent.mkdir(parents=True)
    (config / _SETTINGS).write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    with subprocess.Popen(
        ["make", "--no-print-directory", "lab", f"NOTEBOOKS={notebooks}", f"LAB={OPTIONS}"],
        cwd=ROOT,
        env=_environment(config),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as make:
        try:
            yield _started(make)
        finally:
            # The server ends its kernels, and each kernel ends when its server is gone.
            os.killpg(make.pid, signal.SIGTERM)


def _environment(config: Path) -> dict[str, str]:
    # Options of a `make` around this one are not for this one, and the mode is mock.
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    kept.pop("INTEGRATIONS_MODE", None)
    return {**kept, "JUPYTER_CONFIG_DIR": str(config)}


def _started(make: subprocess.Popen[str]) -> Lab:
    assert make.stdout
    said = []
    for line in make.stdout:
        said.append(line)
        if found := _ADDRESS.search(line):
            # A pipe that nobody reads fills up, and the server waits.
            threading.Thread(target=make.stdout.read, daemon=True).start()
            return Lab(*found.groups())
    raise AssertionError("JupyterLab did not start:\n" + "".join(said))


@dataclass
class Notebook:
    """A notebook that is open in JupyterLab; every list names what is wrong."""

    page: Page
    lab: Lab
    name: str
    outside: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Open it, and listen to the page from now on."""
        page = self.page
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url.replace("ws", "http", 1)))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        # It says "idle" before it is connected, and what is run then is dropped.
        with page.expect_websocket(lambda socket: "/api/kernels/" in socket.url) as kernel:
            page.goto(f"{self.lab.address}/lab/tree/{self.name}?reset&token={self.lab.token}")
        kernel.value.wait_for_event("framereceived")
        page.locator(_IDLE).wait_for()

    def run(self) -> None:
        """Run every cell from the top, until the last one or an error."""
        self._choose("Edit", "Clear Outputs of All Cells")
        self._choose("Run", "Run All Cells")
        self.page.wait_for_function(_RAN, arg=[len(code_cells(self.name)), _ERROR])

    def errors(self) -> list[str]:
        """Return every traceback, and all else that went to stderr."""
        return self.page.locator(_ERROR).all_text_contents()

    def _choose(self, menu: str, item: str) -> None:
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def _asked(self, url: str) -> None:
        if not url.startswith((self.lab.address, "data:", "blob:")):
            self.outside.append(url)


def code_cells(name: str) -> list[dict[str, object]]:
    """Return the code cells of a committed notebook that have something to run."""
    notebook = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["source"]]
