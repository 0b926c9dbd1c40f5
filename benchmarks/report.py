"""Report the records of `python -m benchmarks --json` as tables and pictures.

::

    python -m benchmarks.report results.json
    python -m benchmarks.report results.json --page docs/reference/benchmark-results.md

The second command replaces the text between the marks ``<!-- benchmarks: begin -->`` and
``<!-- benchmarks: end -->`` of the page, and draws pictures into the folder ``pictures`` beside it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks import pictures, tables


def main() -> None:
    """Print tables, or write a page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+", help="JSON files, of one machine each")
    parser.add_argument("--page", type=Path, help="a page with the two marks")
    options = parser.parse_args()
    files = [json.loads(path.read_text(encoding="utf-8")) for path in options.results]
    if not options.page:
        print("\n".join(map(of_file, files)))
        return
    parts = []
    for path, found in zip(options.results, files, strict=True):
        folder = options.page.parent / "pictures"
        # Two files may be from two machines, so their pictures have different names.
        prefix = "" if len(files) == 1 else f"{path.stem}/"
        parts.append(of_file(found))
        parts += [
            shown(f"pictures/{prefix}{name}", title, text)
            for name, title, text in pictures.drawn(found["records"], folder / prefix)
        ]
    tables.put_between(options.page, "benchmarks", "\n".join(parts))


def of_file(found: dict[str, Any]) -> str:
    """Return all tables of a file, and its notes."""
    notes = "\n".join(f"- {note}" for note in found["notes"])
    return "\n".join([tables.heading(found["machine"]), tables.of_records(found["records"]), notes])


def shown(path: str, title: str, text: str) -> str:
    """Return the markup of a picture for light and dark pages."""
    images = "\n".join(
        f"```{{image}} {path}-{theme}.svg\n:alt: {title}\n:class: only-{theme}\n```\n"
        for theme in pictures.THEMES
    )
    return f"\n**{title}.** {text}\n\n{images}"


if __name__ == "__main__":
    main()
