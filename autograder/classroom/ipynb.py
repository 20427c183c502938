"""Notebooks as text, byte for byte as nbformat writes them. Most cells of a class's notebooks are the master's, and are written once."""

from __future__ import annotations

import weakref

import nbformat
from nbformat import NotebookNode

HEAD, TAIL = '{\n "cells": [\n', '\n ],\n "metadata": {},\n "nbformat": 4,\n "nbformat_minor": 5\n}'  # around a notebook's only cell
EMPTY = '{\n "cells": [],\n'

_texts: dict[int, str] = {}  # of masters' cells, by id, while these are there


def text(notebook: NotebookNode, master: NotebookNode) -> str:
    """The text of a notebook. Of its cells, those that *are* the master's (and not copies) must not be changed from here on."""
    for cell in master.cells:
        if id(cell) not in _texts:
            _texts[id(cell)] = _text(cell)
            weakref.finalize(cell, _texts.pop, id(cell), None)
    if not notebook.cells:
        return nbformat.v4.writes(notebook)
    bare = NotebookNode(notebook)
    bare.cells = []
    cells = ",\n".join(_texts.get(id(cell)) or _text(cell) for cell in notebook.cells)
    return f"{HEAD}{cells}\n ],\n{nbformat.v4.writes(bare).removeprefix(EMPTY)}"


def _text(cell: NotebookNode) -> str:
    alone = NotebookNode(cells=[cell], metadata=NotebookNode(), nbformat=4, nbformat_minor=5)
    return nbformat.v4.writes(alone).removeprefix(HEAD).removesuffix(TAIL)
