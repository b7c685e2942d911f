"""Attention over the states of an encoder."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.recurrent import frame_mask

__all__ = ["GeneralAttention"]

# Behind the real frames a score is so low that its weight is exactly zero, and still
# a number, so that a clip without frames has finite weights.
_NEVER = -1e9


class GeneralAttention(keras.layers.Layer):
    """Contexts by Luong's "general" score, for all steps of a decoder at once.

    A query `q` and a state `m` of the memory score ``q @ W @ m``; the softmax of a
    query's scores over the real frames of its clip weighs the states of the context.

    Parameters
    ----------
    n_query : int
        Width of a query.
    n_memory : int
        Width of a state in the memory.
    seed : int
        Fixes the initial weights.
    dtype : str or None, default=None
        Name of a Keras dtype policy.

    References
    ----------
    M.-T. Luong, H. Pham, C. D. Manning, "Effective approaches to attention-based
    neural machine translation", EMNLP 2015, equations 7 and 8.
    """

    def __init__(self, n_query, n_memory, seed, *, dtype=None):
        super().__init__(dtype=dtype)
        self.supports_masking = True
        self.to_memory = keras.layers.Dense(
            n_memory,
            use_bias=False,
            kernel_initializer=keras.initializers.GlorotUniform(seed),
            dtype=dtype,
        )
        self.to_memory.build((None, None, n_query))
        self.built = True

    def call(self, queries, memory, lengths=None):
        """Contexts of queries.

        Parameters
        ----------
        queries : tensor of shape (n_batch, n_steps, n_query)
            States of the decoder.
        memory : tensor of shape (n_batch, n_frames, n_memory)
            States of the encoder.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of the memory; None if all are.

        Returns
        -------
        tensor of shape (n_batch, n_steps, n_memory)
            Means of the memory, weighted anew for every query.
        """
        return ops.matmul(self.weights_of(queries, memory, lengths), memory)

    def weights_of(self, queries, memory, lengths=None):
        """Weights of the states: (n_batch, n_steps, n_frames), with rows of sum 1."""
        scores = ops.matmul(self.to_memory(queries), ops.transpose(memory, (0, 2, 1)))
        scores = ops.cast(scores, "float32")
        mask = frame_mask(memory, lengths)
        if mask is not None:
            scores = ops.where(mask[:, None, :], scores, _NEVER)
        return ops.cast(ops.softmax(scores, axis=-1), self.compute_dtype)
