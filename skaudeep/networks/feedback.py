"""Decoders that read their own previous output."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

__all__ = ["FeedbackCell", "run_to_rest", "run_with_feedback"]

# What is decoded again and again has come to rest when no value changes by more.
_AT_REST = 1e-5


def run_with_feedback(stack, told, states, coins, project, dropped=None):
    """Outputs of a stack that reads, where a coin says so, what it has made before.

    Parameters
    ----------
    stack : RecurrentStack
        Built. Its cells are used, so that no weight exists twice.
    told : tensor of shape (n_batch, n_steps, n_read)
        What the stack reads otherwise: the true previous values.
    states : list of tensor
        One initial state vector a layer; an LSTM's is (c, h).
    coins : tensor of shape (n_batch, n_steps, 1) or (n_batch, n_steps, n_read)
        1 where a sequence reads its own output in a step, 0 where it is told.
    project : callable
        From top outputs of one step, (n_batch, n_units), to what is fed back.
    dropped : list of (tensor or None, tensor or None), or None
        Factors for the inputs and the outputs of each layer; None drops nothing.

    Returns
    -------
    tensor of shape (n_batch, n_steps, n_units)
        Outputs of the top layer.
    """
    dropped = dropped or [(None, None)] * len(stack.layers)
    factors = [factor for pair in dropped for factor in pair if factor is not None]
    cell = FeedbackCell(stack, told.shape[-1], coins.shape[-1], project, dropped)
    # All that varies by step goes in as one sequence, because Keras's loop takes one,
    # and draws nothing inside the loop, where JAX could not keep a generator's state.
    dtype = stack.compute_dtype
    steps = [ops.cast(part, dtype) for part in (told, coins, *factors)]
    initial = cell.initial_states(states, ops.zeros_like(steps[0][:, 0, :]))
    loop = keras.layers.RNN(cell, return_sequences=True, dtype=stack.dtype_policy)
    return loop(ops.concatenate(steps, axis=-1), initial_state=initial)


def run_to_rest(decode, start, n_passes):
    """Decode again and again, told what was made the last time, until it stands still.

    Parameters
    ----------
    decode : callable
        From an estimate to a better one.
    start : tensor
        The first estimate.
    n_passes : int or tensor of int
        At most so often.

    Returns
    -------
    tensor
        The last estimate.
    """

    def moves(i, estimate, change):
        return ops.logical_and(i < n_passes, change > _AT_REST)

    def advance(i, estimate, change):
        new = decode(estimate)
        change = ops.abs(new - estimate)
        change = ops.max(ops.where(ops.isnan(change), 0.0, change))
        return i + 1, new, change

    state = (ops.convert_to_tensor(0, "int32"), start, ops.max(start) + 1.0)
    return ops.while_loop(moves, advance, state)[1]


class FeedbackCell:
    """One step of a whole stack, of the choice of its input and of the projection.

    Its states are those of the layers, as Keras orders them, and last the values that
    it has made most recently, as many as it reads in a step.

    Parameters
    ----------
    stack : RecurrentStack
        Built.
    n_read : int
        Values that the first layer reads.
    n_coins : int
        Coins of a step: one, or one for each of these values.
    project : callable
        From the top output of a step to what is fed back: at most `n_read` values. If
        it is less, the most recent ones of earlier steps come before them.
    dropped : list of (tensor or None, tensor or None)
        As in :func:`run_with_feedback`: which factors the input brings, and how wide.
    """

    def __init__(self, stack, n_read, n_coins, project, dropped):
        self.stack = stack
        self.n_read = n_read
        self.project = project
        self.states_per_layer = stack.state_size // stack.n_units
        self.state_size = [stack.n_units] * (self.states_per_layer * len(stack.layers))
        self.state_size.append(n_read)
        self.output_size = stack.n_units
        self.compute_dtype = stack.compute_dtype
        self.has_factor = [tuple(f is not None for f in pair) for pair in dropped]
        widths = [f.shape[-1] for pair in dropped for f in pair if f is not None]
        self.split_at = [n_read]
        for width in (n_coins, *widths[:-1]) if widths else ():
            self.split_at.append(self.split_at[-1] + width)

    def initial_states(self, states, own):
        """States to start from: those of the layers, (c, h) for LSTM, and `own`."""
        dtype = self.compute_dtype
        by_layer = [
            # Keras keeps (h, c).
            ops.split(ops.cast(state, dtype), self.states_per_layer, axis=-1)[::-1]
            for state in states
        ]
        return [*(part for parts in by_layer for part in parts), own]

    def __call__(self, inputs, states, **kwargs):
        """The step, as Keras's loop asks for it."""
        return self.call(inputs, states)

    def call(self, inputs, states):
        """Top output and new states of a step.

        Parameters
        ----------
        inputs : tensor of shape (n_batch, n_read + n_coins + factors)
            What is told, the coins, and the factors of dropout.
        states : list of tensor
            See the class.

        Returns
        -------
        output : tensor of shape (n_batch, n_units)
            Top output.
        states : list of tensor
            New states.
        """
        told, coins, *factors = self._split(inputs)
        factors = iter(factors)
        *states, own = states
        x = ops.where(coins > 0.5, own, told)
        new_states = []
        for i, layer in enumerate(self.stack.layers):
            drops_input, drops_output = self.has_factor[i]
            if drops_input:
                x = x * next(factors)
            first = i * self.states_per_layer
            old = list(states[first : first + self.states_per_layer])
            x, new = layer.cell(x, old)
            new_states += new
            if drops_output:
                x = x * next(factors)
        made = ops.cast(self.project(x), self.compute_dtype)
        own = ops.concatenate([own, made], axis=-1)[:, -self.n_read :]
        return x, [*new_states, own]

    def _split(self, inputs):
        ends = [*self.split_at, None]
        starts = [0, *self.split_at]
        return [inputs[:, start:end] for start, end in zip(starts, ends, strict=True)]
