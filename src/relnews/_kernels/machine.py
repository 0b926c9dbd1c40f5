"""Machine instructions that Python has no word for, as functions that kernels can call."""

from __future__ import annotations

from relnews._kernels._compile import instruction

#: Eight bytes of a uint8 array as one uint64: ``load_word(array, index)``; four as one uint32.
load_word, load_half = instruction("load_word"), instruction("load_half")

#: The same the other way: ``store_word(array, index, value)``.
store_word, store_half = instruction("store_word"), instruction("store_half")

#: ``trailing_zeros(word)``, ``multiply_fold(a, b)``, ``prefetch(array, index)``.
trailing_zeros = instruction("trailing_zeros")
multiply_fold = instruction("multiply_fold")
prefetch = instruction("prefetch")
