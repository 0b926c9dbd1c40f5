"""Generators of static sites: what each makes of a folder of texts.

Its modules::

    site        `Site`: a folder of no known generator, and the base of all others
    sections    `Sections`: folders of Hugo without its settings
    settings    settings of sites, read without executing anything
    slugs       slugs as each generator makes them
    astro, docusaurus, eleventy, hugo, jekyll, mkdocs, pelican: a generator each

To add a generator, write a module with a class derived from `Site` and enter it in `GENERATORS`.
"""

from __future__ import annotations

from pathlib import Path

from relnews.readers.generators.astro import Astro
from relnews.readers.generators.docusaurus import Docusaurus
from relnews.readers.generators.eleventy import Eleventy
from relnews.readers.generators.hugo import Hugo
from relnews.readers.generators.jekyll import Jekyll
from relnews.readers.generators.mkdocs import MkDocs
from relnews.readers.generators.pelican import Pelican
from relnews.readers.generators.sections import sections_of
from relnews.readers.generators.site import Site

#: The generators; of two that a folder may belong to, the first counts.
GENERATORS: tuple[type[Site], ...] = (
    MkDocs, Docusaurus, Astro, Eleventy, Pelican, Hugo, Jekyll,
)  # fmt: skip


#: Folders of a site that hold what is built.
_OUTPUTS = frozenset({"_site", "public", "output", "site", "dist", "build", "node_modules"})


def site_of(path: Path, generator: str = "") -> Site:
    """Return the site that a file or a folder belongs to.

    The folder itself, then each folder above it is looked at, up to the root of a repository.

    Parameters
    ----------
    path : Path
        File or folder of texts.
    generator : str, default=""
        Name of the generator; by default its settings tell.
    """
    path = path.resolve()
    start = path if path.is_dir() else path.parent
    known = [kind for kind in GENERATORS if generator in ("", kind.name)]
    for folder in (start, *start.parents):
        for kind in known:
            settings = kind.settings_in(folder)
            if settings is not None and _is_of(kind(folder, settings), start):
                return kind(folder, settings)
        if (folder / ".git").exists():
            break
    if not generator:
        return sections_of(path) or Site(start, {})
    # Without settings: the folder is the content, or its name tells where the site begins.
    (kind,) = known
    for folder in start.parents:
        site = kind(folder, {})
        below = start.relative_to(folder)
        if any(name != "." and below.is_relative_to(name) for name in site.folders):
            return site
        if kind is Jekyll and below.parts[0] in site.articles_in:
            return site
    return kind(start, {})


def _is_of(site: Site, start: Path) -> bool:
    """Return whether a folder is the folder of a site, is above its content, or in it."""
    if start == site.root:
        return True
    below = start.relative_to(site.root)
    if below.parts[0] in _OUTPUTS and below.parts[0] not in site.folders:
        return False
    folders = [Path(folder) for folder in site.folders]
    return any(below.is_relative_to(f) or f.is_relative_to(below) for f in folders)
