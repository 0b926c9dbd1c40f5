"""Machine instructions without a Python equivalent, as functions that kernels call."""

from __future__ import annotations

from relnews._kernels._compile import instruction

#: ``load_word(array, index)`` returns eight bytes of a uint8 array as uint64, ``load_half`` four as
#: uint32.
load_word, load_half = instruction("load_word"), instruction("load_half")

#: ``store_word(array, index, value)`` writes eight bytes, ``store_half`` four.
store_word, store_half = instruction("store_word"), instruction("store_half")

#: ``trailing_zeros(word)``, ``multiply_fold(a, b)``, ``prefetch(array, index)``.
trailing_zeros = instruction("trailing_zeros")
multiply_fold = instruction("multiply_fold")
prefetch = instruction("prefetch")
