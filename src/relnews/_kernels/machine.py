"""Machine instructions that Python has no word for, as functions that kernels can call."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTE = ir.IntType(8)
_WORD = ir.IntType(64)
_DOUBLE_WORD = ir.IntType(128)


def _address(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


@intrinsic
def load_word(typing_context, array, index):
    """Return the eight bytes at ``array[index : index + 8]`` (uint8) as one uint64.

    Bytes past the end of the array are the caller's business: arrays are padded. The order of the
    bytes is the machine's; nothing that is kept may depend on it.
    """

    def generate(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments)
        word = builder.load(builder.bitcast(address, _WORD.as_pointer()))
        word.align = 1
        return word

    return types.uint64(array, types.int64), generate


@intrinsic
def trailing_zeros(typing_context, word):
    """Return the place of the lowest bit that is set in a uint64."""

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
    """Begin to load ``array[index]`` into the cache."""

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
