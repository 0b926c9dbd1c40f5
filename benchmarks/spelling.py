"""Spelling of generated words: common ones are English stop words, others are made up."""

from __future__ import annotations

import numpy as np

#: Number of words; an archive of ten million articles uses a quarter of them.
WORDS = 1 << 23

#: Stop words: every word below rank 60, and every third below rank 427, as frequent as the
#: stop words of real articles.
STOP_TEXT = """
the to of and in on that for is with as it was at by he be from are an his has have this but not
will they who their or we had were which you all been more one about after would when up out her she
there its what if him also no so than can other into over first two some could them now my only our
because most do last where many how any before made very while then get still these may those down
even back your such through should between during well me being much off too under since another us
take against both own around here three go part every without each never see until call found must
keep again show full side always among five four six might nothing why few least less yet put next
name almost though something together itself often across along however towards already although
behind within enough third once done front ten top give become himself per bill rather upon whether
everyone whose above below ever eight nine twenty else
"""
STOP_WORDS = STOP_TEXT.split()
STOP_RANKS = np.array([rank for rank in range(427) if rank < 60 or rank % 3 == 0])
SYLLABLES = [c + v for c in "bdfghjklmnprstvz" for v in "aiou"]


class Spelling:
    """Words by rank: stop words, and made-up words of two to four syllables."""

    def __init__(self) -> None:
        self._words = np.zeros(WORDS, object)
        self._words[STOP_RANKS] = STOP_WORDS

    def __call__(self, ranks: np.ndarray) -> np.ndarray:
        """Return the words of the ranks as an array of strings."""
        words = self._words[ranks]
        for rank in np.unique(ranks[words == 0]).tolist():
            syllables = [SYLLABLES[rank >> 6 & 63], SYLLABLES[rank & 63]]
            if rank >= 1 << 12:
                syllables.insert(0, SYLLABLES[rank >> 12 & 63])
            if rank >= 1 << 18:
                syllables.insert(0, SYLLABLES[rank >> 18])
            self._words[rank] = "".join(syllables)
        return self._words[ranks]
