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
    return dtype == "float32" and _BACKENDS[keras.backend.backend()].on_processor()


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
    run = _BACKENDS[keras.backend.backend()].run
    return run(
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
        arrays = [np.asarray(a) for a in arrays]
        lengths = arrays.pop() if self.ragged else None
        lanes = [tuple(arrays[5 * i : 5 * i + 5]) for i in range(self.n_lanes)]
        return lanes, lengths

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
        kept = [np.asarray(array) for array in kept]
        if not self.keep:
            kept = [k for _, _, k in layer.forward(self.cell, lanes, lengths)]
        gradients = layer.backward(
            self.cell,
            lanes,
            lengths,
            kept,
            [np.asarray(d) for d in d_outputs],
            [np.asarray(d) for d in d_states],
            not self.frames_are_data,
        )
        return [
            np.zeros(0, np.float32) if gradient is None else gradient
            for lane in gradients
            for gradient in lane
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
                    arrays = list(arrays)
                    d_states = [arrays.pop() for _ in range(n)][::-1]
                    d_outputs = [arrays.pop() for _ in range(n)][::-1]
                    kept = [arrays.pop() for _ in range(n)][::-1]
                    return call.backward(arrays, kept, d_outputs, d_states)

                gradients = tf.numpy_function(
                    compute,
                    [*flat, *tail, *kept, *upstream],
                    [tf.float32] * (5 * n),
                    stateful=False,
                )
                result = []
                for i, (tensor, gradient) in enumerate(
                    zip(flat, gradients, strict=True)
                ):
                    if call.frames_are_data and i % 5 == 0:
                        result.append(None)
                    else:
                        result.append(tf.ensure_shape(gradient, tensor.shape))
                return result

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
                        None
                        if ctx.call.frames_are_data and i % 5 == 0
                        else torch.from_numpy(gradient)
                        for i, gradient in enumerate(gradients)
                    ),
                )

        return RunLanes


class _Jax:
    @staticmethod
    def on_processor():
        # A callback from a compiled function can wait for ever for a thread of the
        # device that it blocks itself, and Keras's compiled scan was faster than one of
        # ours with a gradient by hand.
        return False


_BACKENDS = {"tensorflow": _TensorFlow, "jax": _Jax, "torch": _Torch}
