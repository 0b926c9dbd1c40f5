"""Report the records of `python -m benchmarks --json` as tables and pictures.

::

    python -m benchmarks.report results.json
    python -m benchmarks.report results.json --page docs/reference/benchmark-results.md

Files of one machine and commit are reported as one, so that pictures have all of its sizes. The
second command replaces the text between the marks ``<!-- benchmarks: begin -->`` and
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
    parser.add_argument("results", type=Path, nargs="+", help="JSON files, each of one machine")
    parser.add_argument("--page", type=Path, help="a page with the two marks")
    options = parser.parse_args()
    files: dict[str, dict[str, Any]] = {}
    for path in options.results:
        add(files, path.stem, json.loads(path.read_text(encoding="utf-8")))
    if not options.page:
        print("\n".join(map(of_file, files.values())))
        return
    parts = []
    for name, found in files.items():
        folder = options.page.parent / "pictures"
        # Two files may be from two machines, so their pictures have different names.
        prefix = "" if len(files) == 1 else f"{name}/"
        parts.append(of_file(found))
        parts += [
            shown(f"pictures/{prefix}{picture}", title, text)
            for picture, title, text in pictures.drawn(found["records"], folder / prefix)
        ]
    tables.put_between(options.page, "benchmarks", "\n".join(parts))


def add(files: dict[str, dict[str, Any]], name: str, found: dict[str, Any]) -> None:
    """Add a file to the others, under its name, or to one of the same machine and commit."""
    machine = found["machine"]
    same = ("processor", "cores", "memory_gb", "threads", "python", "commit", "changed")
    for other in files.values():
        if all(machine[part] == other["machine"][part] for part in same):
            other["records"] += found["records"]
            other["notes"] = [*dict.fromkeys([*other["notes"], *found["notes"]])]
            other["machine"]["versions"] |= machine["versions"]
            other["machine"]["command"] += f"\n{machine['command']}"
            return
    files[name] = found


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
