"""Machine instructions without a Python equivalent, as Numba intrinsics."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTE = ir.IntType(8)
_WORD = ir.IntType(64)
_DOUBLE_WORD = ir.IntType(128)


def _address(context, builder, array_type, array, index):
    """Return the address of an array's element."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _load(bits):
    """Return an intrinsic that reads ``bits`` bits of a uint8 array as one unsigned number.

    It may read past the end of the text, so callers pad arrays. The byte order is the machine's, so
    no stored value may depend on it.
    """
    number = ir.IntType(bits)

    @intrinsic
    def load(typing_context, array, index):
        def generate(context, builder, signature, arguments):
            address = _address(context, builder, signature.args[0], *arguments)
            loaded = builder.load(builder.bitcast(address, number.as_pointer()))
            loaded.align = 1
            return loaded

        return types.Integer.from_bitwidth(bits, signed=False)(array, types.int64), generate

    return load


def _store(bits):
    """Return an intrinsic that writes ``bits`` bits to a uint8 array, in the order of `_load`."""
    number = ir.IntType(bits)

    @intrinsic
    def store(typing_context, array, index, value):
        def generate(context, builder, signature, arguments):
            address = _address(context, builder, signature.args[0], *arguments[:2])
            builder.store(arguments[2], builder.bitcast(address, number.as_pointer())).align = 1
            return context.get_dummy_value()

        value_type = types.Integer.from_bitwidth(bits, signed=False)
        return types.void(array, types.int64, value_type), generate

    return store


#: ``load_word(array, index)`` returns eight bytes of a uint8 array as uint64, ``load_half`` four as
#: uint32.
load_word, load_half = _load(64), _load(32)

#: ``store_word(array, index, value)`` writes eight bytes, ``store_half`` four.
store_word, store_half = _store(64), _store(32)


@intrinsic
def trailing_zeros(typing_context, word):
    """Return the position of the lowest set bit of a uint64."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], cgutils.true_bit)

    return types.int64(types.uint64), generate


@intrinsic
def multiply_fold(typing_context, a, b):
    """Return the exclusive or of both halves of the 128-bit product of two uint64."""

    def generate(context, builder, signature, arguments):
        a, b = (builder.zext(argument, _DOUBLE_WORD) for argument in arguments)
        product = builder.mul(a, b)
        high = builder.lshr(product, ir.Constant(_DOUBLE_WORD, 64))
        return builder.trunc(builder.xor(product, high), _WORD)

    return types.uint64(types.uint64, types.uint64), generate


@intrinsic
def prefetch(typing_context, array, index):
    """Prefetch ``array[index]`` into the cache."""

    def generate(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments)
        number = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), number, number, number]),
            "llvm.prefetch.p0i8",
        )
        read, keep, data = ir.Constant(number, 0), ir.Constant(number, 3), ir.Constant(number, 1)
        builder.call(function, [builder.bitcast(address, _BYTE.as_pointer()), read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate
