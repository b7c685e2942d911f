"""The encoder: recurrent stacks in one or both directions."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.recurrent import (
    RecurrentStack,
    reverse_sequences,
    run_stacks,
)

__all__ = ["RecurrentEncoder"]


class RecurrentEncoder(keras.layers.Layer):
    """Reads sequences forwards, and backwards too if asked for.

    Each direction is a stack of its own, joined at the top only.

    Parameters
    ----------
    n_inputs : int
        Features of a frame.
    cell : {"gru", "lstm"}
        Kind of cell.
    n_layers, n_units : int
        Size of a stack.
    bidirectional : bool
        Whether a second stack reads from the end.
    dropout : float
        Share of activations set to zero in training.
    seeds : iterator of int
        Seeds for initial weights and dropout.
    reads_data : bool, default=True
        Whether the sequences are data, so that no gradient is wanted for them.
    dtype : str or None, default=None
        Name of a Keras dtype policy.
    **options
        Further ones of the stacks.
    """

    def __init__(
        self,
        n_inputs,
        cell,
        n_layers,
        n_units,
        bidirectional,
        dropout,
        seeds,
        *,
        reads_data=True,
        dtype=None,
        **options,
    ):
        super().__init__(dtype=dtype)
        self.supports_masking = True
        self.reads_data = reads_data
        self.stacks = [
            RecurrentStack(
                cell, n_layers, n_units, dropout, seeds, dtype=dtype, **options
            )
            for _ in range(1 + bool(bidirectional))
        ]
        for stack in self.stacks:
            stack.build((None, None, n_inputs))
        self.n_outputs = n_units * len(self.stacks)
        self.built = True

    def call(self, frames, lengths=None, training=False):
        """Read sequences.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_inputs)
            Sequences, padded at the end.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every sequence; None if all are.
        training : bool
            Whether to drop activations.

        Returns
        -------
        outputs : tensor of shape (n_batch, n_frames, n_outputs)
            Outputs of the top layers, forward before backward, in the order of the
            frames; arbitrary behind the real ones.
        states : tensor of shape (n_batch, n_states)
            Final states, layer by layer, inside a layer forward before backward,
            inside an LSTM cell c before h.
        """
        read = [frames, reverse_sequences(frames, lengths)][: len(self.stacks)]
        results = run_stacks(
            self.stacks,
            read,
            lengths,
            training=training,
            frames_are_data=self.reads_data,
        )
        outputs, states = map(list, zip(*results, strict=True))
        by_layer = [s for layer in zip(*states, strict=True) for s in layer]
        if len(outputs) == 2:
            outputs[1] = reverse_sequences(outputs[1], lengths)
        return ops.concatenate(outputs, axis=-1), ops.concatenate(by_layer, axis=-1)
