"""Recurrent stacks with exact masks."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
from keras import ops

from skaudeep.networks.kernels.binding import has_kernel, run_lanes

__all__ = [
    "RecurrentStack",
    "frame_mask",
    "reverse_sequences",
    "run_stacks",
    "shift_sequences",
    "state_size",
]


def state_size(cell, n_layers, n_units, bidirectional=False):
    """Length of the state vector of a stack or a pair of stacks."""
    return n_units * n_layers * (1 + bidirectional) * (2 if cell == "lstm" else 1)


def frame_mask(frames, lengths):
    """Which frames are real: (n_batch, n_frames) booleans, or None if all are."""
    if lengths is None:
        return None
    return ops.less(ops.arange(ops.shape(frames)[1])[None, :], lengths[:, None])


def reverse_sequences(frames, lengths, time_major=False):
    """Reverse the real frames of every clip in time; the padding stays behind them.

    Parameters
    ----------
    frames : tensor of shape (n_batch, n_frames, n_bands)
        Sequences.
    lengths : tensor of int of shape (n_batch,) or None
        Real frames of every clip; None if all are.
    time_major : bool, default=False
        Whether the first two axes of `frames` are exchanged.
    """
    if lengths is None:
        return ops.flip(frames, axis=0 if time_major else 1)
    shape = ops.shape(frames)
    n_batch, n_frames = shape[:2][::-1] if time_major else shape[:2]
    time = ops.arange(n_frames, dtype="int32")[None, :]
    clip = ops.arange(n_batch, dtype="int32")[:, None]
    mirrored = ops.cast(lengths, "int32")[:, None] - 1 - time
    source = ops.where(mirrored >= 0, mirrored, time)
    if time_major:
        source = ops.transpose(source * n_batch + clip)
    else:
        source = source + clip * n_frames
    flat = ops.take(ops.reshape(frames, (-1, shape[2])), source, axis=0)
    return ops.reshape(flat, shape)


def shift_sequences(frames):
    """Delay by one frame: a zero frame comes first, the last one is dropped."""
    return ops.pad(frames[:, :-1], [[0, 0], [1, 0], [0, 0]])


class RecurrentStack(keras.layers.Layer):
    """Layers of GRU or LSTM cells that read a sequence in one direction.

    Weights and configuration are those of Keras's layers, which stand in `layers`. On a
    processor in float32 they are computed by the kernels of
    ``skaudeep.networks.kernels``, everywhere else by Keras's layers themselves, which
    is cuDNN or the compiled scan of the backend.

    Parameters
    ----------
    cell : {"gru", "lstm"}
        Kind of cell.
    n_layers : int
        Number of layers.
    n_units : int
        Units of each layer.
    dropout : float
        Share of numbers set to zero in training, drawn anew for every frame; the
        states are never touched.
    seeds : iterator of int
        Seeds for initial weights and dropout.
    reset_after : bool, default=True
        Where a GRU resets its state: behind the recurrent product, as cuDNN does, or
        before it, as TensorFlow 1 did.
    dropout_on : {"outputs", "inputs_and_outputs"}, default="outputs"
        Whether each layer's outputs are dropped (the papers), or its inputs as well, so
        that twice is dropped between two layers (auDeep).
    initialization : {"keras", "audeep"}, default="keras"
        "keras": Glorot uniform and orthogonal weights, biases 0, the forget gate's 1.
        "audeep": those of TensorFlow 1's cells, where input and state form one matrix;
        the biases of a GRU's gates are 1.
    dtype : str or None, default=None
        Keras's dtype policy.
    """

    def __init__(
        self,
        cell,
        n_layers,
        n_units,
        dropout,
        seeds,
        *,
        reset_after=True,
        dropout_on="outputs",
        initialization="keras",
        dtype=None,
        **kwargs,
    ):
        super().__init__(dtype=dtype, **kwargs)
        self.cell = cell
        self.n_units = n_units
        self.kernel_name = cell
        options = {}
        if cell == "gru":
            options["reset_after"] = reset_after
            if not reset_after:
                self.kernel_name = "gru_reset_before"
        layer_class = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell]
        self.layers, self.dropouts, self.input_dropouts = [], [], []
        for _ in range(n_layers):
            if initialization == "keras":
                kernel = keras.initializers.GlorotUniform(next(seeds))
                recurrent = keras.initializers.Orthogonal(seed=next(seeds))
            else:
                kernel = _JointGlorotUniform(cell, n_units, next(seeds))
                recurrent = _JointGlorotUniform(cell, n_units, next(seeds))
                if cell == "gru":
                    options["bias_initializer"] = _open_gates
            self.layers.append(
                layer_class(
                    n_units,
                    return_sequences=True,
                    return_state=True,
                    kernel_initializer=kernel,
                    recurrent_initializer=recurrent,
                    seed=next(seeds),
                    dtype=dtype,
                    **options,
                )
            )
        for _ in range(n_layers):
            self.dropouts.append(
                keras.layers.Dropout(dropout, seed=next(seeds), dtype=dtype)
            )
        if dropout_on == "inputs_and_outputs":
            for _ in range(n_layers):
                self.input_dropouts.append(
                    keras.layers.Dropout(dropout, seed=next(seeds), dtype=dtype)
                )

    def build(self, frames_shape):
        """Create the weights for sequences of this shape."""
        n_inputs = frames_shape[-1]
        for layer in self.layers:
            for initializer in (
                layer.cell.kernel_initializer,
                layer.cell.recurrent_initializer,
            ):
                if isinstance(initializer, _JointGlorotUniform):
                    initializer.n_inputs = n_inputs
            layer.build((None, None, n_inputs))
            n_inputs = self.n_units
        self.built = True

    def call(self, frames, lengths=None, initial_states=None, training=False):
        """Read sequences.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_inputs)
            Sequences, padded at the end.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every clip; None if all are.
        initial_states : list of tensor or None
            One state vector a layer; None starts from zero. An LSTM's is (c, h).
        training : bool
            Whether to drop.

        Returns
        -------
        outputs : tensor of shape (n_batch, n_frames, n_units)
            Outputs of the top layer; arbitrary behind the real frames.
        states : list of tensor
            The state vector of each layer after its last real frame.
        """
        starts = None if initial_states is None else [initial_states]
        return run_stacks([self], [frames], lengths, starts, training=training)[0]

    @property
    def state_size(self):
        """Length of the state vector of a layer."""
        return state_size(self.cell, 1, self.n_units)

    def drop_inputs(self, i, frames, training):
        """Dropout before layer `i`."""
        if not self.input_dropouts:
            return frames
        return self.input_dropouts[i](frames, training=training)


def run_stacks(
    stacks,
    frames,
    lengths=None,
    initial_states=None,
    *,
    training=False,
    frames_are_data=False,
    time_major=False,
):
    """Run equal stacks side by side: the directions of an encoder or a decoder.

    Parameters
    ----------
    stacks : list of RecurrentStack
        Of the same cell, layers and units.
    frames : list of tensor of shape (n_batch, n_frames, n_inputs)
        What each of them reads.
    lengths : tensor of int of shape (n_batch,) or None
        Real frames of every clip; None if all are.
    initial_states : list of list of tensor or None
        For each stack one state vector a layer; None starts from zero.
    training : bool
        Whether to drop.
    frames_are_data : bool, default=False
        Whether nothing before the first layer learns, so that no gradient is wanted.
    time_major : bool, default=False
        Whether the first two axes of all frames and outputs are exchanged, as the
        kernels have them.

    Returns
    -------
    list of tuple
        (outputs, states) of each stack, see :meth:`RecurrentStack.call`.
    """
    on_kernels = has_kernel(stacks[0].compute_dtype)
    if on_kernels != time_major:
        frames = [ops.transpose(f, (1, 0, 2)) for f in frames]
    if on_kernels:
        results = _run_kernels(
            stacks, frames, lengths, initial_states, training, frames_are_data
        )
    else:
        starts = initial_states or [None] * len(stacks)
        results = [
            _run_keras_layers(stack, inputs, lengths, start, training)
            for stack, inputs, start in zip(stacks, frames, starts, strict=True)
        ]
    if on_kernels == time_major:
        return results
    return [(ops.transpose(f, (1, 0, 2)), states) for f, states in results]


def _run_kernels(stacks, frames, lengths, initial_states, training, frames_are_data):
    """All stacks by the kernels: frames and outputs are time-major."""
    frames = [ops.cast(f, "float32") for f in frames]
    zeros = ops.zeros((ops.shape(frames[0])[1], stacks[0].state_size))
    states = [[] for _ in stacks]
    for i in range(len(stacks[0].layers)):
        lanes = []
        for k, stack in enumerate(stacks):
            inputs = stack.drop_inputs(i, frames[k], training)
            start = zeros if initial_states is None else initial_states[k][i]
            lanes.append((inputs, start, *_weights(stack.layers[i])))
        data = frames_are_data and i == 0
        results = run_lanes(stacks[0].kernel_name, lanes, lengths, training, data)
        for k, (outputs, state) in enumerate(results):
            frames[k] = stacks[k].dropouts[i](outputs, training=training)
            states[k].append(state)
    return list(zip(frames, states, strict=True))


def _weights(layer):
    cell = layer.cell
    return [
        variable.value for variable in (cell.kernel, cell.recurrent_kernel, cell.bias)
    ]


def _run_keras_layers(stack, frames, lengths, initial_states, training):
    mask = frame_mask(frames, lengths)
    states = []
    for i, layer in enumerate(stack.layers):
        initial = None
        if initial_states is not None:
            initial = _keras_state(stack, initial_states[i])
        frames = stack.drop_inputs(i, frames, training)
        frames, *state = layer(
            frames, mask=mask, initial_state=initial, training=training
        )
        frames = stack.dropouts[i](frames, training=training)
        states.append(ops.concatenate(state[::-1], axis=-1))
    return frames, states


def _keras_state(stack, state):
    # Keras keeps (h, c), the vector (c, h) as TensorFlow 1 and the papers' models.
    if stack.cell == "gru":
        return [state]
    return [state[:, stack.n_units :], state[:, : stack.n_units]]


def _open_gates(shape, dtype=None):
    """Biases of a GRU of TensorFlow 1: 1 for update and reset, 0 for the candidate."""
    bias = np.zeros(shape, "float32")
    bias[..., : shape[-1] // 3 * 2] = 1
    return ops.convert_to_tensor(bias, dtype=dtype)


class _JointGlorotUniform(keras.initializers.Initializer):
    """Glorot uniform for one part of TensorFlow 1's matrix of [inputs, state]."""

    def __init__(self, cell, n_units, seed):
        self.cell = cell
        self.n_units = n_units
        self.seed = seed
        self.n_inputs = None

    def __call__(self, shape, dtype=None):
        """Values of `shape`; the layer has told `n_inputs` before."""
        # The GRU keeps its gates in one matrix and its candidate in another.
        blocks = {"gru": (2, 1), "lstm": (4,)}[self.cell]
        rng = np.random.default_rng(self.seed)
        parts = []
        for n_gates in blocks:
            width = n_gates * self.n_units
            limit = np.sqrt(6 / (self.n_inputs + self.n_units + width))
            parts.append(rng.uniform(-limit, limit, (shape[0], width)))
        values = np.concatenate(parts, axis=1).astype("float32")
        return ops.convert_to_tensor(values, dtype=dtype)
