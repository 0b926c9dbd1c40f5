"""Recorded answers: one JSON file per archive, one call a line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recorded"

#: Calls that differ, shown of one test.
_SHOWN = 5


def digest(value: object) -> str:
    """Return 16 hexadecimal digits of a value as canonical JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Recording:
    """The answers of one archive, by group and call.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    is_recorded : bool
        Whether answers are written down instead of compared.
    """

    def __init__(self, name: str, is_recorded: bool) -> None:
        self._path = FOLDER / f"{name}.json"
        self._is_recorded = is_recorded
        self._groups: dict[str, dict[str, Any]] = {}
        if self._path.exists():
            self._groups = json.loads(self._path.read_text(encoding="utf-8"))

    def check(self, group: str, answers: dict[str, Any]) -> None:
        """Compare answers with the recorded ones, or record them."""
        answers = json.loads(json.dumps(answers))  # tuples are lists
        if self._is_recorded:
            self._groups[group] = answers
            self._write()
            return
        recorded = self._groups.get(group, {})
        calls = [*recorded, *(call for call in answers if call not in recorded)]
        wrong = [
            call for call in calls
            if call not in answers or call not in recorded or answers[call] != recorded[call]
        ]  # fmt: skip
        lines = [f"{len(wrong):,} of {len(calls):,} calls of {self._path.stem}, {group}, differ"]
        for call in wrong[:_SHOWN]:
            lines += [
                f"  {call}",
                f"    recorded: {_line(recorded.get(call, 'nothing'))}",
                f"    now:      {_line(answers.get(call, 'not asked'))}",
            ]
        if len(wrong) > _SHOWN:
            lines.append("  and also: " + "; ".join(wrong[_SHOWN : _SHOWN + 40]))
        assert not wrong, "\n".join(lines)

    def _write(self) -> None:
        groups = []
        for group in sorted(self._groups):
            calls = self._groups[group].items()
            lines = ",\n".join(f" {_line(call)}: {_line(value)}" for call, value in calls)
            groups.append(f"{_line(group)}: {{\n{lines}\n}}")
        FOLDER.mkdir(exist_ok=True)
        self._path.write_text("{\n" + ",\n".join(groups) + "\n}\n", encoding="utf-8")


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
