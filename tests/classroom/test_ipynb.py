"""Notebooks as text: what nbformat writes, whatever is in the cells."""

from __future__ import annotations

import copy

import nbformat
from nbformat import NotebookNode, v4

from autograder.classroom import ipynb


def notebook() -> NotebookNode:
    cells = [v4.new_markdown_cell("# Größe\n\n<script>\u2028</script>"), v4.new_code_cell("x = 1\ny = 2\n"), v4.new_raw_cell("")]
    cells[1].outputs = [v4.new_output("execute_result", {"text/html": "<b>a\nb</b>", "text/plain": "2.0"}, execution_count=1)]
    cells[0].attachments = NotebookNode({"a.png": NotebookNode({"image/png": "iVBO\nRw=="})})
    cells[2].metadata["trusted"] = True  # which no file shall say
    return v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "ü"}})


def written(node: NotebookNode) -> str:
    return nbformat.writes(copy.deepcopy(node))


def test_it_is_what_nbformat_writes() -> None:
    master = notebook()
    assert ipynb.text(master, master) == written(master) == ipynb.text(master, master)
    empty = v4.new_notebook(metadata={"language_info": {"name": "python"}})
    assert ipynb.text(empty, empty) == written(empty) and ipynb.text(empty, master) == written(empty)


def test_cells_of_others_are_written_as_they_are() -> None:
    master = notebook()
    ipynb.text(master, master)
    other = NotebookNode(master)
    other.cells = [master.cells[2], copy.deepcopy(master.cells[1]), master.cells[0]]
    for source in ("x = 3", 'x = "],\n "'):
        other.cells[1].source = source
        assert ipynb.text(other, master) == written(other) != written(master)


def test_nothing_is_kept_of_a_master_that_is_gone() -> None:
    before = len(ipynb._texts)
    master = notebook()
    ipynb.text(master, master)
    assert len(ipynb._texts) == before + 3
    del master
    assert len(ipynb._texts) == before
