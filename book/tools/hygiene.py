"""What a committed notebook must and must not hold.

`problems` lists every broken rule of one notebook. Rules about text look at the code and at
the outputs; rules about code parse it.
"""

import ast
import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from book.tools.normalise import KEPT_CELL_METADATA, KERNELSPEC, LANGUAGE_INFO

Notebook = dict[str, Any]
Cell = dict[str, Any]

MAX_FUNCTION_LINES = 8
SECRETS = re.compile(
    r"(?:sk|rk)_live_\w{6,}"
    r"|(?:sk|rk)_test_\w{16,}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bAC[0-9a-f]{32}\b"
    r"|whsec_[A-Za-z0-9+/=_-]{16,}"
)
# Values that vendors print in their own manuals.
DEMO_SECRETS = {"AKIAIOSFODNN7EXAMPLE", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|Users|root|work|private|var/folders|tmp|opt|usr)/[\w.]"
    r"|\b[A-Z]:\\Users\\|/site-packages/"
)
# JupyterLab shows these as they are written.
MYST = re.compile(r"\{(?:doc|ref|term|download|py:\w+)\}`|^[`:]{3,}\{[\w-]+\}", re.MULTILINE)
MEMORY_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


def code_cells(notebook: Notebook) -> list[Cell]:
    """List the code cells in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell: Cell) -> str:
    """Return the text of a cell."""
    return "".join(cell["source"])


def _tags(cell: Cell) -> list[str]:
    return list(cell["metadata"].get("tags", []))


def output_text(cell: Cell) -> str:
    """Return everything that a cell's outputs say and that is not a widget or a picture."""
    parts: list[str] = []
    for output in cell.get("outputs", []):
        parts += ["".join(output.get("text", "")), output.get("evalue", "")]
        parts += output.get("traceback", [])
        for mime, data in output.get("data", {}).items():
            if mime.startswith("text/") or mime == "image/svg+xml":
                parts.append("".join(data))
    return "\n".join(parts)


def _is_demo(secret: str) -> bool:
    """Return whether a key says that it is made up, plainly or in its base64."""
    prefix, _, body = secret.rpartition("_")
    try:
        decoded = base64.b64decode(body + "=" * (-len(body) % 4)).decode("ascii", "ignore")
    except (binascii.Error, ValueError):
        decoded = ""
    said = f"{body} {decoded}".lower()
    plain = not prefix.endswith("live") and len(set(body.removeprefix("AC"))) <= 4
    named = "demo" in said or "example" in said or "not_real" in said
    return secret in DEMO_SECRETS or plain or (named and "live" not in prefix)


def _counts(notebook: Notebook) -> Iterator[str]:
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}, not 1 to {len(counts)}: run `make notebooks`"


def _errors(notebook: Notebook) -> Iterator[str]:
    for cell in code_cells(notebook):
        failed = any(out["output_type"] == "error" for out in cell["outputs"])
        expected = "raises-exception" in _tags(cell)
        if failed and not expected:
            yield f"cell {cell.get('id')} has an error output and no tag raises-exception"
        if expected and not failed:
            yield f"cell {cell.get('id')} is tagged raises-exception and raises nothing"


def _texts(notebook: Notebook) -> Iterator[str]:
    for cell in notebook["cells"]:
        text = f"{source(cell)}\n{output_text(cell)}"
        for secret in SECRETS.findall(text):
            if not _is_demo(secret):
                yield f"cell {cell.get('id')} holds what looks like a key: {secret[:10]}..."
        if match := MACHINE_PATH.search(text):
            yield f"cell {cell.get('id')} holds a path of one machine: {match[0]}"
        if match := MEMORY_ADDRESS.search(text):
            yield f"cell {cell.get('id')} shows a memory address: {match[0]}"


def _markup(notebook: Notebook) -> Iterator[str]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and (match := MYST.search(source(cell))):
            yield (
                f"cell {cell.get('id')} has {match[0]}, which JupyterLab does not know: "
                "write [text](page.ipynb), [`name`](#its.full.name) or <details>"
            )


def _code(notebook: Notebook) -> Iterator[str]:
    for cell in code_cells(notebook):
        text = source(cell)
        where = f"cell {cell.get('id')}"
        if not text.strip():
            yield f"{where} is an empty code cell"
        if re.search(r"^\s*[!%]\s*pip\b", text, re.M):
            yield f"{where} installs packages: they belong in requirements.txt"
        if "sys.path" in text:
            yield f"{where} changes sys.path: the package is installed"
        if text.rstrip().endswith(";"):
            yield f"{where} ends with a semicolon: write `_ = ...` to hide a result"
        yield from (f"{where} {problem}" for problem in _definitions(text))


def _definitions(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(TransformerManager().transform_cell(text))
    except SyntaxError as wrong:
        yield f"is not Python: {wrong.msg}"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield f"defines class {node.name}: classes belong in the package"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"has function {node.name} of {lines} lines, over {MAX_FUNCTION_LINES}"


def _begins(notebook: Notebook) -> Iterator[str]:
    cells = code_cells(notebook)
    if not cells or "workbook.begin(" not in source(cells[0]):
        yield "the first code cell does not call workbook.begin()"


def _metadata(notebook: Notebook) -> Iterator[str]:
    ids = [cell.get("id") for cell in notebook["cells"]]
    if None in ids or len(set(ids)) != len(ids):
        yield "cell ids are missing or repeated: run `make notebooks`"
    if notebook["metadata"].get("kernelspec") != KERNELSPEC:
        yield "the kernelspec is one machine's: run `make notebooks`"
    if notebook["metadata"].get("language_info") != LANGUAGE_INFO:
        yield "the language_info is one machine's: run `make notebooks`"
    for cell in notebook["cells"]:
        if extra := sorted(set(cell["metadata"]) - KEPT_CELL_METADATA):
            yield f"cell {cell.get('id')} has volatile metadata {extra}: run `make notebooks`"


RULES: tuple[Callable[[Notebook], Iterator[str]], ...] = (
    _counts,
    _errors,
    _texts,
    _markup,
    _code,
    _begins,
    _metadata,
)


def problems(notebook: Notebook) -> list[str]:
    """List what is wrong with a committed notebook; an empty list is a good one."""
    return [problem for rule in RULES for problem in rule(notebook)]
