"""How Sphinx builds the documentation."""

import relnews

project = "relnews"
author = "The relnews developers"
copyright = "The relnews developers"
version = release = relnews.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc"]
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
