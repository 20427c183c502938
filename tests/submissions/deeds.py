"""What goes wrong with notebooks and archives: each deed is done to the folder of a correct submission."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path


def _notebook(folder: Path) -> Path:
    (path,) = folder.glob("*.ipynb")
    return path


def _edit(folder: Path, change) -> None:
    """Change the notebook as plain JSON: nbformat would mend what is to be broken."""
    path = _notebook(folder)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _is_check(cell) -> bool:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "").startswith("check-")


def shadow_numpy(folder: Path) -> None:
    for name in ("numpy.py", "json.py", "cnnlib/numpy.py", "sitecustomize.py"):
        (folder / name).write_text("raise SystemExit('shadowed')\n", encoding="utf-8")


def truncate_notebook(folder: Path) -> None:
    path = _notebook(folder)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) // 2], encoding="utf-8")


def empty_notebook(folder: Path) -> None:
    _notebook(folder).write_bytes(b"")


def duplicate_cells(folder: Path) -> None:
    def change(notebook):
        notebook["cells"] = [cell for cell in notebook["cells"] for _ in range(2)]

    _edit(folder, change)


def delete_check_cells(folder: Path) -> None:
    def change(notebook):
        notebook["cells"] = [cell for cell in notebook["cells"] if not _is_check(cell)]

    _edit(folder, change)


def edit_check_cells(folder: Path) -> None:
    def change(notebook):
        for cell in filter(_is_check, notebook["cells"]):
            cell["source"] = "1000.0"
            cell["metadata"]["nbgrader"].update(points=1000, locked=False, solution=True)
            forged = {"text/plain": "1000.0"}
            cell["outputs"] = [{"output_type": "execute_result", "data": forged, "metadata": {}, "execution_count": 1}]

    _edit(folder, change)


def link_out(folder: Path) -> None:
    path = folder / "cnnlib" / "template.py"
    path.unlink()
    path.symlink_to("../../../gradebook.db")


def copy_notebook(folder: Path) -> None:
    path = _notebook(folder)
    path.with_name(f"{path.stem}-Copy1.ipynb").write_text("{}", encoding="utf-8")


def windows_files(folder: Path) -> None:
    for path in folder.glob("cnnlib/*.py"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))


def drop_module(folder: Path) -> None:
    (folder / "cnnlib" / "template.py").unlink()


def mac_zip(folder: Path) -> None:
    with _zip_beside(folder) as archive:
        for path in sorted(folder.rglob("*")):
            inside = f"My homework/{path.relative_to(folder)}"
            archive.write(path, inside)
            if path.is_file():
                archive.writestr(f"__MACOSX/My homework/._{path.name}", b"\0\5\x16\7")
        archive.writestr("My homework/.DS_Store", b"\0\0\0\1Bud1")
    shutil.rmtree(folder)


def zip_bomb(folder: Path) -> None:
    with _zip_beside(folder) as archive:
        archive.writestr("cnnlib/conv.py", b"#" * (1 << 28))
    shutil.rmtree(folder)


def escaping_zip(folder: Path) -> None:
    with _zip_beside(folder) as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, f"../../{path.relative_to(folder)}")
    shutil.rmtree(folder)


def colab_notebook(folder: Path) -> None:
    def change(notebook):
        notebook["nbformat_minor"] = 0
        notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
        for cell in notebook["cells"]:
            cell.pop("id", None)

    _edit(folder, change)


def _zip_beside(folder: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(folder.with_name(f"{folder.name}.zip"), "w", zipfile.ZIP_DEFLATED)
