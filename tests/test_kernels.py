"""The contract of kernels, as far as their source shows it."""

import ast
from pathlib import Path

import relnews._kernels

SOURCES = sorted(Path(relnews._kernels.__file__).parent.glob("*.py"))


def test_kernels_take_few_arguments():
    """No kernel takes more than twelve arguments."""
    lengths = {
        f"{path.stem}.{node.name}": len(node.args.args)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > 12} == {}


def test_the_secret_of_hashes_stands_in_one_file():
    """A change of the key hash is a change of one module."""
    package = SOURCES[0].parent.parent
    found = [path.name for path in package.rglob("*.py") if "0x9E37" in path.read_text("utf-8")]
    assert found == ["hashing.py"]
