"""The decoder: recurrent stacks, what they are told, and their projection."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
from keras import ops

from skaudeep.networks.attention import GeneralAttention
from skaudeep.networks.dense import glorot_dense
from skaudeep.networks.feedback import run_with_feedback
from skaudeep.networks.frequency import preceding_values
from skaudeep.networks.recurrent import (
    RecurrentStack,
    reverse_sequences,
    run_stacks,
    shift_sequences,
)

__all__ = ["RecurrentDecoder"]


class RecurrentDecoder(keras.layers.Layer):
    """Makes sequences from a state, from the last step to the first.

    The first direction makes the last step first; the second one, if there is one,
    begins at the first step. Both are joined at the projection, a tanh layer.

    Parameters
    ----------
    n_outputs : int
        Values made in a step.
    cell : {"gru", "lstm"}
        Kind of cell.
    n_layers, n_units : int
        Size of a stack.
    bidirectional : bool
        Whether there is a second direction.
    dropout : float
        Share of activations set to zero in training.
    seeds : iterator of int
        Seeds for initial weights, dropout and feedback.
    teacher_forcing : {"leak_free", "audeep"} or None
        What the stacks read. "leak_free": for each direction the true values before
        those it makes, in its own order of reading. None: nothing (zeros). "audeep":
        as the published tool, see :class:`~skaudeep.networks.seq2seq.Seq2Seq`.
    feed_previous_prob : float, default=0
        Probability that a sequence reads in a step its own previous output instead.
    n_read : int or None, default=None
        Preceding values read in a step, at least `n_outputs`; None takes as many.
    surplus : int, default=0
        How many of the last step's values, its last ones, fill it up only. They are
        zero in the targets, and zero to a stack that reads its own output.
    n_memory : int or None, default=None
        Width of an encoder's states to attend to; None attends to nothing.
    reads_data : bool, default=True
        Whether the targets are data, so that no gradient is wanted for them.
    dtype : str or None, default=None
        Name of a Keras dtype policy.
    **options
        Further ones of the stacks.

    Notes
    -----
    While a bidirectional decoder runs, no reconstruction exists: it takes the outputs
    of both directions. What a direction feeds back is the projection of its own
    outputs with those of the other direction set to zero, its estimate by itself.
    """

    def __init__(
        self,
        n_outputs,
        cell,
        n_layers,
        n_units,
        bidirectional,
        dropout,
        seeds,
        *,
        teacher_forcing,
        feed_previous_prob=0.0,
        n_read=None,
        surplus=0,
        n_memory=None,
        reads_data=True,
        dtype=None,
        **options,
    ):
        super().__init__(dtype=dtype)
        self.supports_masking = True
        self.n_outputs = n_outputs
        self.n_read = n_outputs if n_read is None else n_read
        self.surplus = surplus
        self.reads_data = reads_data
        self.n_layers = n_layers
        self.n_units = n_units
        self.teacher_forcing = teacher_forcing
        self.feed_previous_prob = feed_previous_prob
        self.stacks = [
            RecurrentStack(
                cell, n_layers, n_units, dropout, seeds, dtype=dtype, **options
            )
            for _ in range(1 + bool(bidirectional))
        ]
        for stack in self.stacks:
            stack.build((None, None, 1 if teacher_forcing is None else self.n_read))
        n_joined = n_units * len(self.stacks)
        self.attention = None
        if n_memory is not None:
            self.attention = GeneralAttention(
                n_joined, n_memory, next(seeds), dtype=dtype
            )
        dense = {"random_bias": teacher_forcing == "audeep", "dtype": dtype}
        self.to_outputs = glorot_dense(
            n_joined + (n_memory or 0), n_outputs, "tanh", seeds, **dense
        )
        self.readout = None
        if teacher_forcing == "audeep" and not bidirectional:
            self.readout = glorot_dense(n_outputs, n_outputs, "tanh", seeds, **dense)
        if 0 < feed_previous_prob < 1:
            self.coins = keras.random.SeedGenerator(next(seeds))
        self.drop = None
        if feed_previous_prob > 0 and dropout > 0:
            self.drop = keras.layers.Dropout(dropout, seed=next(seeds), dtype=dtype)
        self.built = True

    def call(
        self, start, targets, lengths=None, memory=None, training=False, freely=False
    ):
        """Make sequences.

        Parameters
        ----------
        start : tensor of shape (n_batch, n_states)
            Initial states, layer by layer, inside a layer one direction after the
            other, inside an LSTM cell c before h.
        targets : tensor of shape (n_batch, n_steps, n_outputs)
            True values, of which the stacks are told; where they are told nothing, or
            run freely, only the number of steps counts.
        lengths : tensor of int of shape (n_batch,) or None
            Real steps of every sequence; None if all are.
        memory : tensor of shape (n_batch, n_frames, n_memory) or None
            States of an encoder, of the same lengths.
        training : bool
            Whether to drop activations and to draw what is fed back.
        freely : bool
            Whether each step reads what was made before, never a target.

        Returns
        -------
        tensor of shape (n_batch, n_steps, n_outputs)
            In the order of the targets; arbitrary behind the real steps.
        """
        n_directions = len(self.stacks)
        # States need a static width, which a compiled call does not tell.
        n_states = self.n_layers * n_directions * self.stacks[0].state_size
        start = ops.cast(ops.reshape(start, (-1, n_states)), self.compute_dtype)
        starts = ops.split(start, self.n_layers * n_directions, axis=-1)
        starts = [starts[i::n_directions] for i in range(n_directions)]
        told = self._told(targets, lengths)
        if self._feeds_back(training, freely):
            outputs = [
                run_with_feedback(
                    stack,
                    told[i],
                    starts[i],
                    self._coins(i, told[i], freely),
                    self._estimate_of(i, lengths, memory),
                    self._dropped(told[i], training),
                )
                for i, stack in enumerate(self.stacks)
            ]
        else:
            # No lengths: nobody reads the final states, nor what follows the real
            # steps, and a batch holds a tenth of padding at most. To leave that out
            # costs small layers more than it saves, and cuDNN its fused kernel.
            results = run_stacks(
                self.stacks,
                told,
                initial_states=starts,
                training=training,
                frames_are_data=self.reads_data,
            )
            outputs = [output for output, _ in results]
        outputs[0] = reverse_sequences(outputs[0], lengths)
        made = self._project(outputs, lengths, memory)
        return made if self.readout is None else self.readout(made)

    def _told(self, targets, lengths):
        """What each direction reads, in its own order of reading."""
        if self.teacher_forcing is None:
            return [ops.zeros_like(targets[:, :, :1])] * len(self.stacks)
        if self.n_read > self.n_outputs:
            # So that the nearest value is the last in either direction.
            upside_down = ops.flip(ops.flip(targets, axis=1), axis=2)
            told = [upside_down, targets][: len(self.stacks)]
            return [preceding_values(values, self.n_read) for values in told]
        first = shift_sequences(reverse_sequences(targets, lengths))
        if len(self.stacks) == 1:
            return [
                shift_sequences(first) if self.teacher_forcing == "audeep" else first
            ]
        if self.teacher_forcing == "audeep":
            return [first, reverse_sequences(first, lengths)]
        return [first, shift_sequences(targets)]

    def _feeds_back(self, training, freely):
        if self.teacher_forcing is None:
            return False
        sometimes = training and self.feed_previous_prob > 0
        return freely or sometimes or self.feed_previous_prob == 1

    def _coins(self, direction, told, freely):
        """1 where a sequence reads its own output."""
        if freely or self.feed_previous_prob == 1:
            coins = ops.ones_like(told[:, :, :1])
        else:
            n_batch, n_steps, _ = ops.shape(told)
            draws = keras.random.uniform((n_batch, n_steps, 1), seed=self.coins)
            coins = ops.cast(draws < self.feed_previous_prob, told.dtype)
        if self.surplus == 0:
            return coins
        exists = np.ones((1, told.shape[1], self.n_outputs), "float32")
        exists[0, -1, -self.surplus :] = 0
        exists = self._told(ops.convert_to_tensor(exists), None)[direction]
        return coins * ops.cast(exists, told.dtype)

    def _dropped(self, told, training):
        """Factors of dropout for the inputs and the outputs of each layer."""
        if self.drop is None or not training:
            return None

        def factors(width):
            ones = ops.ones_like(told[:, :, :1])
            return self.drop(ops.repeat(ones, width, axis=-1), training=True)

        drops_inputs = bool(self.stacks[0].input_dropouts)
        widths = [self.n_read] + [self.n_units] * (self.n_layers - 1)
        return [
            (factors(width) if drops_inputs else None, factors(self.n_units))
            for width in widths
        ]

    def _estimate_of(self, direction, lengths, memory):
        """What a direction makes by itself of its top output in one step."""

        def estimate(output):
            output = output[:, None, :]
            outputs = [ops.zeros_like(output)] * len(self.stacks)
            outputs[direction] = output
            made = self._project(outputs, lengths, memory)[:, 0, :]
            if direction == 0 and self.n_read > self.n_outputs:
                made = ops.flip(made, axis=-1)
            return made

        return estimate

    def _project(self, outputs, lengths, memory):
        joined = outputs[0]
        if len(outputs) == 2:
            joined = ops.concatenate(outputs, axis=-1)
        if self.attention is not None:
            context = self.attention(joined, memory, lengths=lengths)
            joined = ops.concatenate([joined, context], axis=-1)
        return self.to_outputs(joined)
