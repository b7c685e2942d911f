"""Convolutions along frequency, recurrent layers along time."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.batch_norm import BatchNorm
from skaudeep.networks.dense import glorot_dense
from skaudeep.networks.frame_convolution import FrameConvolution
from skaudeep.networks.initializers import NumpyGlorotUniform
from skaudeep.networks.recurrent import (
    RecurrentStack,
    frame_mask,
    reverse_sequences,
    run_stacks,
)
from skaudeep.networks.seeds import seed_stream

__all__ = ["CRNN"]

# Below all outputs of recurrent layers.
_LOWEST = -2.0


class CRNN(keras.layers.Layer):
    """A convolutional recurrent network that classifies clips or their frames.

    Two convolutions with batch normalisation and ReLU, of which the first sees frames
    and bands, the second bands alone, each followed by a maximum along frequency;
    dropout; recurrent layers; a dense layer with batch normalisation and ReLU; the
    outputs. Time keeps its resolution throughout.

    Parameters
    ----------
    n_bands : int
        Bands of a frame.
    n_outputs : int
        Classes, or one for a single class and its absence.
    n_filters : int, default=128
        Filters of either convolution.
    kernel_size : int or (int, int), default=3
        Frames and bands that the first convolution sees; an int is both.
    pool_size : int, default=4
        Bands of which the first convolution's maximum is taken; what remains at the
        top makes a smaller group.
    band_filter_length : int, default=32
        Groups of bands that the second convolution sees, all of them if there are
        fewer.
    cell : {"lstm", "gru"}, default="lstm"
        Recurrent cell.
    direction : {"backward", "forward", "bidirectional"}, default="backward"
        Direction in time in which the recurrent layers read. With both, each is a
        stack of its own, joined at the top.
    n_layers, n_units : int, default=2, 128
        Recurrent layers, and units of each.
    n_dense : int, default=128
        Units of the dense layer.
    dropout : float, default=0.3
        Share of what the convolutions hand over set to zero in training.
    activation : {"softmax", "sigmoid"}, default="softmax"
        What makes probabilities of the logits: one class of several, or any of them.
    framewise : bool, default=False
        Whether frames are classified, not clips.
    pooling : {"mean", "max", "last"}, default="mean"
        What of the recurrent layers' outputs over time stands for a clip. "last" is
        what they have read last: of a backward direction that is the first frame.
    seed : int
        Fixes the initial weights and the dropout.

    Attributes
    ----------
    norms : list of BatchNorm
        In the order in which their statistics have to be measured.
    moments : tuple of str
        The method that measures each of them.
    """

    moments = ("convolution_moments", "band_moments", "dense_moments")

    def __init__(
        self,
        n_bands,
        n_outputs,
        *,
        n_filters=128,
        kernel_size=3,
        pool_size=4,
        band_filter_length=32,
        cell="lstm",
        direction="backward",
        n_layers=2,
        n_units=128,
        n_dense=128,
        dropout=0.3,
        activation="softmax",
        framewise=False,
        pooling="mean",
        seed=0,
    ):
        super().__init__()
        self.activation = activation
        self.framewise = framewise
        self.pooling = pooling
        seeds = seed_stream(seed)
        self.convolution = FrameConvolution(
            n_bands, n_filters, kernel_size, pool_size, band_filter_length, seeds
        )
        self.drop = keras.layers.Dropout(dropout, seed=next(seeds))
        self.forwards = {
            "forward": (True,),
            "backward": (False,),
            "bidirectional": (True, False),
        }[direction]
        self.stacks = []
        for _ in self.forwards:
            stack = RecurrentStack(cell, n_layers, n_units, 0.0, seeds)
            stack.build((None, None, n_filters))
            self.stacks.append(stack)
        # Without biases, which the normalisation would take away again.
        self.dense = self.add_weight(
            shape=(n_units * len(self.stacks), n_dense),
            initializer=NumpyGlorotUniform(next(seeds)),
        )
        self.dense_norm = BatchNorm(n_dense)
        self.to_logits = glorot_dense(n_dense, n_outputs, None, seeds)
        self.built = True

    @property
    def norms(self):
        """In the order in which their statistics have to be measured."""
        return [*self.convolution.norms, self.dense_norm]

    def objective(self, batch, training=False):
        """Weighted mean cross-entropy of a batch: a scalar.

        Parameters
        ----------
        batch : tuple
            Frames (n_batch, n_frames, n_bands), padded at the end; lengths, the real
            frames of every clip, or None if all are; targets; weights. A network of
            clips takes targets of shape (n_batch,), classes as integers, for softmax,
            or (n_batch, n_outputs), numbers in [0, 1], for sigmoid, and one weight a
            clip. A network of frames takes targets of shape (n_batch, n_frames) or
            (n_batch, n_frames, n_outputs), and one weight a clip, or one a frame. What
            is behind the real frames counts nowhere.
        training : bool
            Whether to drop, and to normalise by the batch.
        """
        frames, lengths, targets, weights = batch
        logits = self.logits(frames, lengths, training)
        if self.activation == "softmax":
            losses = keras.losses.sparse_categorical_crossentropy(
                targets, logits, from_logits=True
            )
        else:
            losses = ops.binary_crossentropy(
                ops.cast(targets, logits.dtype), logits, from_logits=True
            )
            losses = ops.mean(losses, axis=-1)
        weights = ops.cast(ops.convert_to_tensor(weights), losses.dtype)
        if self.framewise:
            if len(weights.shape) == 1:
                weights = weights[:, None]
            mask = frame_mask(frames, lengths)
            real = ops.ones_like(losses) if mask is None else ops.cast(mask, "float32")
            weights = weights * real
        # A batch may hold nothing that counts.
        total = ops.maximum(ops.sum(weights), 1e-30)
        return ops.sum(losses * weights) / total

    def evaluate(self, frames, lengths, targets, weights):
        """The objective in inference mode."""
        return self.objective((frames, lengths, targets, weights))

    def logits(self, frames, lengths=None, training=False):
        """Unnormalised log-probabilities of clips, or of frames if it is framewise.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Sequences, padded at the end.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every clip; None if all are.
        training : bool
            Whether to drop, and to normalise by the batch.

        Returns
        -------
        tensor of shape (n_batch, n_outputs) or (n_batch, n_frames, n_outputs)
            Arbitrary behind the real frames, and for a clip without frames.
        """
        features = self.convolve(frames, lengths, training)
        if self.framewise:
            return self.frame_logits_of(features, lengths, training)
        return self.clip_logits_of(features, lengths, training)

    def frame_logits(self, frames, lengths=None, training=False):
        """Unnormalised log-probabilities of frames, (n_batch, n_frames, n_outputs)."""
        features = self.convolve(frames, lengths, training)
        return self.frame_logits_of(features, lengths, training)

    def convolve(self, frames, lengths=None, training=False):
        """What the recurrent layers read of every frame, before dropout.

        Parameters
        ----------
        frames, lengths, training
            See ``logits``.

        Returns
        -------
        tensor of shape (n_batch, n_frames, n_filters)
            Arbitrary behind the real frames.
        """
        return self.convolution.convolve(frames, lengths, training)

    def convolve_window_edges(self, frames):
        """What ``convolve`` makes of a frame at the edges of a window and inside.

        A window of at least two frames, cut out of a clip, has no neighbours: its
        first frame's features are in the first result, its last one's in the third,
        all between are in the second. So windows that overlap share the convolutions.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Clips, all of whose frames are real.

        Returns
        -------
        first, inner, last : tensor of shape (n_batch, n_frames, n_filters)
            Features of every frame as the first of a window, inside one, and as the
            last.

        Raises
        ------
        ValueError
            If the convolution sees more than three frames, or two.
        """
        return self.convolution.convolve_window_edges(frames)

    def frame_logits_of(self, features, lengths=None, training=False):
        """As ``frame_logits``, of what ``convolve`` has made."""
        mask = frame_mask(features, lengths)
        states, _ = self._read(features, lengths, training)
        return self._decide(states, mask, training)

    def clip_logits_of(self, features, lengths=None, training=False):
        """Unnormalised log-probabilities of clips, of what ``convolve`` has made."""
        states = self._pooled(features, lengths, training)
        return self._decide(states, _present(lengths), training)

    def convolution_moments(self, frames, lengths=None):
        """Mean and variance of the first convolution, (2, n_filters)."""
        return self.convolution.moments(frames, lengths)[0]

    def band_moments(self, frames, lengths=None):
        """Mean and variance of the second convolution, (2, n_filters)."""
        return self.convolution.moments(frames, lengths)[1]

    def dense_moments(self, frames, lengths=None):
        """Mean and variance of the dense layer, (2, n_dense)."""
        features = self.convolve(frames, lengths)
        moments = []
        if self.framewise:
            states, _ = self._read(features, lengths)
            self._decide(states, frame_mask(frames, lengths), moments=moments)
        else:
            states = self._pooled(features, lengths)
            self._decide(states, _present(lengths), moments=moments)
        return moments[0]

    def _read(self, features, lengths, training=False):
        """Outputs of the recurrent layers in the order of the frames, and the last."""
        features = self.drop(features, training=training)
        read = [
            features if forward else reverse_sequences(features, lengths)
            for forward in self.forwards
        ]
        results = run_stacks(self.stacks, read, lengths, training=training)
        outputs, last = [], []
        for forward, (states, ends) in zip(self.forwards, results, strict=True):
            outputs.append(states if forward else reverse_sequences(states, lengths))
            # An LSTM's output is the second half of its state.
            last.append(ends[-1][:, -self.stacks[0].n_units :])
        return ops.concatenate(outputs, axis=-1), ops.concatenate(last, axis=-1)

    def _pooled(self, features, lengths, training=False):
        """What stands for a clip, (n_batch, n_units) of every direction."""
        states, last = self._read(features, lengths, training)
        if self.pooling == "last":
            return last
        mask = frame_mask(states, lengths)
        if mask is None:
            reduce = ops.mean if self.pooling == "mean" else ops.max
            return reduce(states, axis=1)
        mask = mask[:, :, None]
        if self.pooling == "max":
            return ops.max(ops.where(mask, states, _LOWEST), axis=1)
        total = ops.sum(ops.where(mask, states, 0.0), axis=1)
        counts = ops.maximum(ops.cast(lengths, "float32"), 1.0)
        return total / counts[:, None]

    def _decide(self, states, mask, training=False, moments=None):
        dense = ops.matmul(states, self.dense.value)
        dense = self.dense_norm.normalize(dense, training, moments, mask)
        return self.to_logits(ops.relu(dense))


def _present(lengths):
    """Which clips of a batch have frames: others fill it up."""
    return None if lengths is None else ops.greater(lengths, 0)
