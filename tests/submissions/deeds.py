"""What goes wrong with notebooks and archives: each deed is done to the folder of a correct submission."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
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


def null_bytes(folder: Path) -> None:
    path = folder / "cnnlib" / "template.py"
    path.write_bytes(path.read_bytes() + b"\0" * 512)


def latin1_source(folder: Path) -> None:
    path = folder / "cnnlib" / "template.py"
    path.write_bytes("# für die Schüler\n".encode("latin-1") + path.read_bytes())


def other_kernel(folder: Path) -> None:
    def change(notebook):
        notebook["metadata"]["kernelspec"] = {"name": "julia-1.11", "display_name": "Julia 1.11", "language": "julia"}
        notebook["metadata"]["language_info"] = {"name": "julia"}

    _edit(folder, change)


def future_format(folder: Path) -> None:
    def change(notebook):
        notebook["nbformat_minor"] = 99
        notebook["invented_later"] = {"cells": "elsewhere"}

    _edit(folder, change)


def huge_outputs(folder: Path) -> None:
    def change(notebook):
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        for cell in code[:20]:
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "epoch 1, loss 0.1\n" * 600_000}]

    _edit(folder, change)


def reorder_cells(folder: Path) -> None:
    _edit(folder, lambda notebook: notebook["cells"].reverse())


def unknown_cells(folder: Path) -> None:
    def change(notebook):
        for number in range(3):
            info = {"grade": True, "solution": False, "locked": True, "points": 100, "grade_id": f"bonus-{number}", "schema_version": 3}
            output = {"output_type": "execute_result", "data": {"text/plain": "100.0"}, "metadata": {}, "execution_count": 1}
            cell = {"cell_type": "code", "id": f"bonus-{number}", "metadata": {"nbgrader": info}, "source": "100.0", "outputs": [output]}
            notebook["cells"].append(cell | {"execution_count": 1})

    _edit(folder, change)


def flip_flags(folder: Path) -> None:
    def change(notebook):
        for cell in notebook["cells"]:
            info = cell["metadata"].get("nbgrader", {})
            info.update({flag: not info[flag] for flag in ("grade", "solution", "locked") if flag in info})

    _edit(folder, change)


def forge_identity(folder: Path) -> None:
    (folder / "timestamp.txt").write_text("1970-01-01 00:00:00.000000 UTC\n", encoding="utf-8")
    _edit(folder, lambda notebook: notebook["metadata"].update(student_id="correct-reference", nbgrader={"student": "correct-reference"}))


def zip_repository(folder: Path) -> None:
    with _zip_beside(folder) as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, f"stride-main/homework/{path.relative_to(folder)}")
        packages = ".venv/lib/python3.11/site-packages"
        for name in (".git/config", ".git/objects/ab/cdef", f"{packages}/numpy/__init__.py", "cnnlib/__pycache__/conv.cpython-311.pyc"):
            archive.writestr(f"stride-main/{name}", b"raise SystemExit")
        for number in range(300):
            archive.writestr(f"stride-main/.ipynb_checkpoints/old-{number}.py", b"raise SystemExit")
    shutil.rmtree(folder)


def nest_zips(folder: Path) -> None:
    inner = b""
    for _ in range(3):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            if inner:
                archive.writestr("homework.zip", inner)
            else:
                for path in sorted(folder.rglob("*.*")):
                    archive.write(path, path.relative_to(folder))
        inner = buffer.getvalue()
    folder.with_name(f"{folder.name}.zip").write_bytes(inner)
    shutil.rmtree(folder)


def hard_link(folder: Path) -> None:
    os.link(folder / "cnnlib" / "template.py", folder / "cnnlib" / "other.py")


def named_pipe(folder: Path) -> None:
    path = folder / "cnnlib" / "template.py"
    path.unlink()
    os.mkfifo(path)


def device_in_a_zip(folder: Path) -> None:
    kinds = {"template.py": (stat.S_IFCHR, b""), "shapes.py": (stat.S_IFLNK, b"../../../gradebook.db")}
    with _zip_beside(folder) as archive:
        for path in sorted(folder.rglob("*.*")):
            kind, content = kinds.get(path.name, (stat.S_IFREG, path.read_bytes()))
            member = zipfile.ZipInfo(str(path.relative_to(folder)))
            member.external_attr = (kind | 0o644) << 16
            archive.writestr(member, content)
    shutil.rmtree(folder)


def rename_to_copy(folder: Path) -> None:
    path = _notebook(folder)
    path.rename(path.with_name(f"{path.stem}-Copy1.ipynb"))


def tags_in_file_name(folder: Path) -> None:
    path = _notebook(folder)
    path.rename(path.with_name(f"=1+1 {path.stem}<img src=x onerror=alert(1)><script>alert(1)<\u2044script>.ipynb"))
