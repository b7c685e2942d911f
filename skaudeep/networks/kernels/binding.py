"""The NumPy kernels as differentiable operations of TensorFlow and PyTorch."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np

from skaudeep.networks.kernels import layer

__all__ = ["has_kernel", "run_lanes"]


def has_kernel(dtype):
    """Whether recurrent layers of this compute dtype run in NumPy on this device.

    They do on a processor with TensorFlow and PyTorch.
    """
    binding = _BINDINGS.get(keras.backend.backend())
    return dtype == "float32" and binding is not None and binding.on_processor()


def run_lanes(cell, lanes, lengths=None, training=False, frames_are_data=False):
    """Recurrent layers over sequences, differentiable.

    Parameters
    ----------
    cell : {"gru", "gru_reset_before", "lstm"}
        Kind of cell.
    lanes : list of tuple of tensor
        (frames of shape (n_frames, n_batch, n_inputs), state, kernel, recurrent kernel,
        bias), see :func:`skaudeep.networks.kernels.layer.forward`.
    lengths : tensor of int of shape (n_batch,) or None, default=None
        Real frames of every clip.
    training : bool, default=False
        Whether gradients are sure to be asked for: then what they need is kept. They
        may be asked for otherwise too, and are then computed from the beginning.
    frames_are_data : bool, default=False
        Whether the gradient of the frames is not wanted.

    Returns
    -------
    list of tuple of tensor
        (outputs, final state) of every lane.
    """
    return _BINDINGS[keras.backend.backend()].run(
        _Call(cell, len(lanes), lengths is not None, training, frames_are_data),
        [tensor for lane in lanes for tensor in lane],
        lengths,
    )


class _Call:
    """What is fixed of a call, and its computation on flat lists of arrays."""

    def __init__(self, cell, n_lanes, ragged, keep, frames_are_data):
        self.cell = cell
        self.n_lanes = n_lanes
        self.ragged = ragged
        self.keep = keep
        self.frames_are_data = frames_are_data

    def _unpack(self, arrays):
        """Arrays of the lanes, lane by lane, and the lengths if there are any."""
        lanes = [tuple(arrays[5 * i : 5 * i + 5]) for i in range(self.n_lanes)]
        return lanes, arrays[-1] if self.ragged else None

    def forward(self, *arrays):
        """Lanes (and lengths) to outputs, states and kept numbers, lane by lane."""
        lanes, lengths = self._unpack(arrays)
        results = layer.forward(self.cell, lanes, lengths, self.keep)
        nothing = np.zeros(0, np.float32)
        return [
            nothing if array is None else array
            for result in results
            for array in result
        ]

    def backward(self, arrays, kept, d_outputs, d_states):
        """Gradients of all lanes' arrays, lane by lane; zeros stand for the frames'."""
        lanes, lengths = self._unpack(arrays)
        if not self.keep:
            kept = [k for _, _, k in layer.forward(self.cell, lanes, lengths)]
        gradients = layer.backward(
            self.cell,
            lanes,
            lengths,
            kept,
            d_outputs,
            d_states,
            not self.frames_are_data,
        )
        return [
            np.zeros(0, np.float32) if gradient is None else gradient
            for lane in gradients
            for gradient in lane
        ]

    def wanted(self, gradients):
        """What `backward` returned, with None for frames that are data."""
        return [
            None if self.frames_are_data and i % 5 == 0 else gradient
            for i, gradient in enumerate(gradients)
        ]


class _TensorFlow:
    @staticmethod
    def on_processor():
        import tensorflow as tf

        return not tf.config.list_logical_devices("GPU")

    @staticmethod
    def run(call, flat, lengths):
        import tensorflow as tf

        n = call.n_lanes
        flat = [tf.convert_to_tensor(tensor) for tensor in flat]
        tail = [] if lengths is None else [tf.convert_to_tensor(lengths)]

        @tf.custom_gradient
        def run(*flat):
            computed = tf.numpy_function(
                call.forward, [*flat, *tail], [tf.float32] * (3 * n), stateful=False
            )
            outputs, states, kept = computed[::3], computed[1::3], computed[2::3]
            for i in range(n):
                frames, state, _, recurrent, _ = flat[5 * i : 5 * i + 5]
                shape = [*frames.shape[:2], recurrent.shape[0]]
                outputs[i] = tf.ensure_shape(outputs[i], shape)
                states[i] = tf.ensure_shape(states[i], state.shape)

            def gradient(*upstream):
                def compute(*arrays):
                    arrays, rest = arrays[: -3 * n], arrays[-3 * n :]
                    return call.backward(arrays, rest[:n], rest[n:-n], rest[-n:])

                gradients = tf.numpy_function(
                    compute,
                    [*flat, *tail, *kept, *upstream],
                    [tf.float32] * (5 * n),
                    stateful=False,
                )
                return [
                    None if gradient is None else tf.ensure_shape(gradient, given.shape)
                    for given, gradient in zip(
                        flat, call.wanted(gradients), strict=True
                    )
                ]

            return [*outputs, *states], gradient

        results = run(*flat)
        return list(zip(results[:n], results[n:], strict=True))


class _Torch:
    function = None

    @staticmethod
    def on_processor():
        from keras.src.backend.torch.core import get_device

        return get_device() == "cpu"

    @classmethod
    def run(cls, call, flat, lengths):
        if cls.function is None:
            cls.function = cls._make_function()
        n = call.n_lanes
        if lengths is not None:
            lengths = keras.ops.convert_to_tensor(lengths)
        results = cls.function.apply(call, lengths, *flat)
        return list(zip(results[:n], results[n:], strict=True))

    @staticmethod
    def _make_function():
        import torch

        def to_numpy(tensor):
            return tensor.detach().contiguous().numpy()

        class RunLanes(torch.autograd.Function):
            @staticmethod
            def forward(ctx, call, lengths, *flat):
                tail = [] if lengths is None else [to_numpy(lengths)]
                computed = call.forward(*map(to_numpy, flat), *tail)
                ctx.call, ctx.tail, ctx.kept = call, tail, computed[2::3]
                ctx.save_for_backward(*flat)
                results = [*computed[::3], *computed[1::3]]
                return tuple(torch.from_numpy(array) for array in results)

            @staticmethod
            def backward(ctx, *upstream):
                n = ctx.call.n_lanes
                flat = [to_numpy(tensor) for tensor in ctx.saved_tensors]
                upstream = [to_numpy(tensor) for tensor in upstream]
                gradients = ctx.call.backward(
                    [*flat, *ctx.tail], ctx.kept, upstream[:n], upstream[n:]
                )
                ctx.kept = None
                return (
                    None,
                    None,
                    *(
                        None if gradient is None else torch.from_numpy(gradient)
                        for gradient in ctx.call.wanted(gradients)
                    ),
                )

        return RunLanes


# Not on JAX: a callback from a compiled function can wait for ever for a thread of the
# device that it blocks itself, and Keras's compiled scan was faster than one of ours
# with a gradient by hand.
_BINDINGS = {"tensorflow": _TensorFlow, "torch": _Torch}
