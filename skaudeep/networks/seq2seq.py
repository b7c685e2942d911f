"""The recurrent sequence-to-sequence autoencoder."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.recurrent import (
    RecurrentStack,
    frame_mask,
    reverse_sequences,
    shift_sequences,
)
from skaudeep.networks.seeds import seed_stream

__all__ = ["Seq2Seq", "state_size"]


def state_size(cell, n_layers, n_units, bidirectional):
    """Length of the state vector of a stack or a pair of stacks."""
    return n_units * n_layers * (1 + bidirectional) * (2 if cell == "lstm" else 1)


class Seq2Seq(keras.layers.Layer):
    """Encoder, representation and decoder over padded batches of sequences.

    The encoder's final states pass a tanh layer as wide as the decoder's states: the
    representation, from which the decoder starts. The target is the input reversed in
    time. All state vectors are ordered layer by layer, inside a layer forward before
    backward, inside an LSTM cell c before h.

    Parameters
    ----------
    n_bands : int
        Features of a frame.
    cell : {"gru", "lstm"}
        Kind of cell.
    n_layers, n_units : int
        Size of every stack.
    bidirectional_encoder, bidirectional_decoder : bool
        Whether a second stack reads from the other end; each direction is a stack of
        its own, joined at the top only.
    teacher_forcing : {"leak_free"} or None
        What the decoder reads. "leak_free": the target, delayed by one frame against
        the reading order of each direction. None: nothing (zeros).
    dropout : float
        Share of outputs dropped in training.
    seed : int
        Fixes the initial weights and the dropout.
    """

    def __init__(
        self,
        n_bands,
        cell,
        n_layers,
        n_units,
        bidirectional_encoder,
        bidirectional_decoder,
        teacher_forcing,
        dropout,
        seed=0,
    ):
        super().__init__()
        self.n_bands = n_bands
        self.n_layers = n_layers
        self.teacher_forcing = teacher_forcing
        seeds = seed_stream(seed)

        def stacks(bidirectional):
            return [
                RecurrentStack(cell, n_layers, n_units, dropout, seeds)
                for _ in range(1 + bidirectional)
            ]

        self.encoders = stacks(bidirectional_encoder)
        self.decoders = stacks(bidirectional_decoder)
        self.n_states = state_size(cell, n_layers, n_units, bidirectional_encoder)
        self.n_representation = state_size(
            cell, n_layers, n_units, bidirectional_decoder
        )

        def tanh_layer(width):
            return keras.layers.Dense(
                width,
                activation="tanh",
                kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            )

        self.to_representation = tanh_layer(self.n_representation)
        self.to_frames = tanh_layer(n_bands)
        for encoder in self.encoders:
            encoder.build((None, None, n_bands))
        for decoder in self.decoders:
            decoder.build((None, None, 1 if teacher_forcing is None else n_bands))
        self.to_representation.build((None, self.n_states))
        self.to_frames.build((None, None, n_units * len(self.decoders)))
        self.built = True

    def objective(self, batch, training=False):
        """Root mean squared error over the real frames of a batch: a scalar."""
        frames, lengths = batch
        mask = frame_mask(frames, lengths)
        representation = self.encode(frames, lengths, training=training)
        reconstruction = self.decode(representation, frames, lengths, training=training)
        error = ops.square(ops.subtract(frames, reconstruction))
        if mask is None:
            return ops.sqrt(ops.mean(error))
        real = ops.cast(mask, error.dtype)
        total = ops.sum(ops.mean(error, axis=-1) * real)
        return ops.sqrt(total / ops.maximum(ops.sum(real), 1.0))

    def evaluate(self, frames, lengths):
        """The objective in inference mode."""
        return self.objective((frames, lengths))

    def encode(self, frames, lengths=None, training=False):
        """Sequences to representations.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Sequences, padded at the end.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every clip; None if all are.
        training : bool
            Whether to drop outputs.

        Returns
        -------
        tensor of shape (n_batch, n_representation)
            Values between -1 and 1.
        """
        mask = frame_mask(frames, lengths)
        states = [self.encoders[0](frames, mask=mask, training=training)[1]]
        if len(self.encoders) == 2:
            backwards = reverse_sequences(frames, lengths)
            states.append(self.encoders[1](backwards, mask=mask, training=training)[1])
        by_layer = [state for layer in zip(*states, strict=True) for state in layer]
        return self.to_representation(ops.concatenate(by_layer, axis=-1))

    def decode(self, representation, frames, lengths=None, training=False):
        """Representations to sequences, in the time order of the input.

        Parameters
        ----------
        representation : tensor of shape (n_batch, n_representation)
            As from ``encode``.
        frames : tensor of shape (n_batch, n_frames, n_bands)
            What the decoder is told about its target; without teacher forcing only
            its number of frames counts.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every clip; None if all are.
        training : bool
            Whether to drop outputs.

        Returns
        -------
        tensor of shape (n_batch, n_frames, n_bands)
            The reconstruction; arbitrary behind the real frames.
        """
        mask = frame_mask(frames, lengths)
        # States need a static width, which a compiled call does not tell.
        representation = ops.reshape(representation, (-1, self.n_representation))
        states = ops.split(representation, self.n_layers * len(self.decoders), axis=-1)
        # The target runs backwards in time, so the forward decoder reads the frames
        # reversed, and the backward one reads them in their own order.
        if self.teacher_forcing is None:
            inputs = [ops.zeros_like(frames[:, :, :1])] * len(self.decoders)
        else:
            inputs = [shift_sequences(reverse_sequences(frames, lengths))]
            if len(self.decoders) == 2:
                inputs.append(shift_sequences(frames))
        outputs = []
        for i, (decoder, told) in enumerate(zip(self.decoders, inputs, strict=True)):
            output, _ = decoder(
                told,
                mask=mask,
                initial_states=states[i :: len(self.decoders)],
                training=training,
            )
            outputs.append(output)
        outputs[0] = reverse_sequences(outputs[0], lengths)
        return self.to_frames(ops.concatenate(outputs, axis=-1))
