"""What a new build keeps of the archive in its folder: its rules, and whether lists are stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from relnews._checks import counted, exists

if TYPE_CHECKING:
    from relnews.related import RelatedNews
    from relnews.storage.rule_kinds import Rule


class Kept(NamedTuple):
    """The settings of an archive that a new build in its folder keeps.

    Parameters
    ----------
    rules : tuple of Rule
        Editors' rules.
    lists : dict or None
        Options of the stored lists; None if none are stored.
    is_whole : bool
        Whether there is an archive that is not of a part only.
    """

    rules: tuple[Rule, ...] = ()
    lists: dict[str, Any] | None = None
    is_whole: bool = False

    @classmethod
    def of(cls, folder: Path) -> Kept:
        """Return what the archive in a folder has; nothing if there is none.

        Parameters
        ----------
        folder : Path
            Folder of the build.
        """
        from relnews.storage.catalogue import Catalogue
        from relnews.storage.compiled_rules import CompiledRules
        from relnews.storage.database import CATALOGUE
        from relnews.storage.settings import SHARD

        if not exists(folder / CATALOGUE):
            return cls()
        catalogue = Catalogue.open(folder)
        lists, shard = catalogue.settings("lists", SHARD)
        return cls(CompiledRules.of(catalogue).rules, lists, shard is None)

    def apply(self, news: RelatedNews) -> None:
        """Give the rules to a new archive, and store its lists if they were stored before."""
        news.rules.replace(self.rules)
        if self.lists is not None:
            news.store_lists(self.lists["k"], max_drift=self.lists.get("max_drift"))

    def __str__(self) -> str:
        n = len(self.rules)
        names = [counted(n, "rule")] * bool(n) + ["stored lists"] * bool(self.lists)
        return " and ".join(names)
