"""Recurrent stacks with exact masks."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

__all__ = ["RecurrentStack", "frame_mask", "reverse_sequences", "shift_sequences"]


def frame_mask(frames, lengths):
    """Which frames are real: (n_batch, n_frames) booleans, or None if all are."""
    if lengths is None:
        return None
    return ops.less(ops.arange(ops.shape(frames)[1])[None, :], lengths[:, None])


def reverse_sequences(frames, lengths):
    """Reverse the real frames of every clip in time; the padding stays behind them.

    Parameters
    ----------
    frames : tensor of shape (n_batch, n_frames, n_bands)
        Sequences.
    lengths : tensor of int of shape (n_batch,) or None
        Real frames of every clip; None if all are.
    """
    if lengths is None:
        return ops.flip(frames, axis=1)
    n_batch, n_frames, n_bands = ops.shape(frames)
    time = ops.arange(n_frames, dtype="int32")[None, :]
    mirrored = ops.cast(lengths, "int32")[:, None] - 1 - time
    source = ops.where(mirrored >= 0, mirrored, time)
    source = source + ops.arange(n_batch, dtype="int32")[:, None] * n_frames
    flat = ops.take(ops.reshape(frames, (-1, n_bands)), source, axis=0)
    return ops.reshape(flat, (n_batch, n_frames, n_bands))


def shift_sequences(frames):
    """Delay by one frame: a zero frame comes first, the last one is dropped."""
    return ops.pad(frames[:, :-1], [[0, 0], [1, 0], [0, 0]])


class RecurrentStack(keras.layers.Layer):
    """Layers of GRU or LSTM cells that read a sequence in one direction.

    Parameters
    ----------
    cell : {"gru", "lstm"}
        Kind of cell.
    n_layers : int
        Number of layers.
    n_units : int
        Units of each layer.
    dropout : float
        Share of each layer's outputs set to zero in training, drawn anew for every
        frame; the states are never touched.
    seeds : iterator of int
        Seeds for initial weights and dropout.
    """

    def __init__(self, cell, n_layers, n_units, dropout, seeds, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.cell = cell
        self.n_units = n_units
        layer_class = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell]
        self.layers = [
            layer_class(
                n_units,
                return_sequences=True,
                return_state=True,
                kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
                seed=next(seeds),
            )
            for _ in range(n_layers)
        ]
        self.dropouts = [
            keras.layers.Dropout(dropout, seed=next(seeds)) for _ in range(n_layers)
        ]

    def build(self, frames_shape):
        """Create the weights for sequences of this shape."""
        n_inputs = frames_shape[-1]
        for layer in self.layers:
            layer.build((None, None, n_inputs))
            n_inputs = self.n_units
        self.built = True

    def call(self, frames, mask=None, initial_states=None, training=False):
        """Read sequences.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_inputs)
            Sequences, padded at the end.
        mask : tensor of bool of shape (n_batch, n_frames) or None
            True where a frame is real.
        initial_states : list of tensor or None
            One state vector a layer; None starts from zero. An LSTM's is (c, h).
        training : bool
            Whether to drop outputs.

        Returns
        -------
        outputs : tensor of shape (n_batch, n_frames, n_units)
            Outputs of the top layer; arbitrary where the mask is False.
        states : list of tensor
            The state vector of each layer after its last real frame.
        """
        states = []
        for i, (layer, drop) in enumerate(zip(self.layers, self.dropouts, strict=True)):
            initial = None
            if initial_states is not None:
                initial = self._split_state(initial_states[i])
            frames, *state = layer(
                frames, mask=mask, initial_state=initial, training=training
            )
            frames = drop(frames, training=training)
            states.append(ops.concatenate(state[::-1], axis=-1))
        return frames, states

    def _split_state(self, state):
        # Keras keeps (h, c), the vector (c, h) as TensorFlow 1 and the papers' models.
        if self.cell == "gru":
            return [state]
        return [state[:, self.n_units :], state[:, : self.n_units]]
