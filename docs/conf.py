"""How Sphinx builds the documentation."""

import shutil
from pathlib import Path

import relnews

project = "relnews"
author = "The relnews developers"
copyright = "The relnews developers"
version = release = relnews.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "relnews"

# A name in single backticks in a docstring is a link if it is a public name.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it
numpydoc_show_class_members = False

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# Sphinx reads files below this folder only. The notebooks have their outputs, which tests compare.
shutil.copytree(
    Path(__file__).parents[1] / "examples" / "notebooks",
    Path(__file__).parent / "notebooks",
    dirs_exist_ok=True,
)
nb_execution_mode = "off"
