"""A record of a proven step holds exactly as long as its inputs."""

from pathlib import Path

import pytest

from book.tools import fingerprint as tool


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("integrations/loops/tests", "notebooks", "book"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "integrations/loops/client.py").write_text("x = 1\n")
    (tmp_path / "notebooks/loops.ipynb").write_text("{}\n")
    (tmp_path / "book/index.md").write_text("# Book\n")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    return tmp_path


def test_nothing_is_proven_at_first(root: Path) -> None:
    assert tool.main(["check", "notebooks"]) == 1


def test_a_record_holds_while_nothing_changes(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool.main(["show", "notebooks"])
    assert tool.main(["write", "notebooks", capsys.readouterr().out.strip()]) == 0
    assert tool.main(["check", "notebooks"]) == 0


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("notebooks", "integrations/loops/client.py"),
        ("notebooks", "integrations/loops/new.py"),
        ("notebooks", "notebooks/loops.ipynb"),
        ("notebooks", "requirements.txt"),
        ("book", "integrations/loops/client.py"),
        ("book", "book/index.md"),
        ("book", "_config.yml"),
    ],
)
def test_a_changed_or_new_input_ends_it(root: Path, scope: str, path: str) -> None:
    tool.write(root, scope, tool.fingerprint(root, scope))
    (root / path).write_text("changed\n")
    assert not tool.is_current(root, scope)


def test_a_deleted_or_renamed_input_ends_it(root: Path) -> None:
    tool.write(root, "book", tool.fingerprint(root, "book"))
    (root / "book/index.md").rename(root / "book/start.md")
    assert not tool.is_current(root, "book")


@pytest.mark.parametrize(
    "path",
    [
        "integrations/loops/tests/test_client.py",
        "integrations/loops/__pycache__/client.pyc",
        "notebooks/.ipynb_checkpoints/loops.ipynb",
        "notebooks/.DS_Store",
        "README.md",
    ],
)
def test_what_no_output_depends_on_is_left_out(root: Path, path: str) -> None:
    tool.write(root, "notebooks", tool.fingerprint(root, "notebooks"))
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("new\n")
    assert tool.is_current(root, "notebooks")


def test_an_edit_during_the_run_is_not_recorded_as_proven(root: Path) -> None:
    before = tool.fingerprint(root, "notebooks")
    (root / "integrations/loops/client.py").write_text("x = 2\n")
    tool.write(root, "notebooks", before)
    assert not tool.is_current(root, "notebooks")


def test_writing_needs_the_fingerprint(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tool.main(["write", "book"])
    assert "`show`" in capsys.readouterr().err
