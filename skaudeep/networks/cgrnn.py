"""A convolutional GRU network with attention and localisation."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.dense import glorot_dense
from skaudeep.networks.initializers import NumpyGlorotUniform
from skaudeep.networks.recurrent import (
    RecurrentStack,
    reverse_sequences,
    run_stacks,
)
from skaudeep.networks.seeds import seed_stream

__all__ = ["CGRNN"]

# Below all logarithms of weights.
_LOWEST = -1e30


class CGRNN(keras.layers.Layer):
    """A network that tags clips, and weighs their frames for it.

    A convolution along frequency, of which the maximum over all positions is kept;
    bidirectional layers of GRU cells; a dense layer; a sigmoid for every tag and frame.
    Beside them two single layers look at the input: the attention says how much a frame
    matters, the localisation which of the tags it speaks of.

    Parameters
    ----------
    n_bands : int
        Bands of a frame.
    n_outputs : int
        Tags.
    n_filters : int, default=128
        Filters of the convolution.
    filter_length : int, default=30
        Bands that it sees, all of them if there are fewer.
    n_layers, n_units : int, default=3, 128
        Recurrent layers, and units of each in either direction.
    n_dense : int, default=500
        ReLU units before the outputs.
    dropout : float, default=0.2
        Share of them set to zero in training.
    attention, localization : bool, default=True
        Whether there is the one, and the other.
    normalization : {"paper", "attention"}, default="paper"
        Whether the weights of a clip's frames, which sum to one, are those of the
        localisation, or its product with the attention.
    seed : int
        Fixes the initial weights and the dropout.
    """

    def __init__(
        self,
        n_bands,
        n_outputs,
        *,
        n_filters=128,
        filter_length=30,
        n_layers=3,
        n_units=128,
        n_dense=500,
        dropout=0.2,
        attention=True,
        localization=True,
        normalization="paper",
        seed=0,
    ):
        super().__init__()
        self.n_outputs = n_outputs
        self.normalization = normalization
        self.filter_length = min(filter_length, n_bands)
        self.n_positions = n_bands - self.filter_length + 1
        seeds = seed_stream(seed)
        self.kernel = self.add_weight(
            shape=(self.filter_length, n_filters),
            initializer=NumpyGlorotUniform(next(seeds)),
        )
        self.bias = self.add_weight(shape=(n_filters,), initializer="zeros")
        self.attention = self.localization = None
        if attention:
            self.attention = glorot_dense(n_bands, 1, None, seeds)
        if localization:
            self.localization = glorot_dense(n_bands, n_outputs, None, seeds)
        self.directions = []
        n_inputs = n_filters
        for _ in range(n_layers):
            pair = [RecurrentStack("gru", 1, n_units, 0.0, seeds) for _ in range(2)]
            for stack in pair:
                stack.build((None, None, n_inputs))
            self.directions.append(pair)
            n_inputs = 2 * n_units
        self.dense = glorot_dense(n_inputs, n_dense, "relu", seeds)
        self.drop = keras.layers.Dropout(dropout, seed=next(seeds))
        self.to_logits = glorot_dense(n_dense, n_outputs, None, seeds)
        self.built = True

    def objective(self, batch, training=False):
        """Weighted mean binary cross-entropy of a batch: a scalar.

        Parameters
        ----------
        batch : tuple
            Frames (n_batch, n_frames, n_bands), padded at the end; lengths, the real
            frames of every clip, or None if all are; targets, 0 or 1; their weights,
            both (n_batch, n_outputs).
        training : bool
            Whether to drop.
        """
        frames, lengths, targets, weights = batch
        tags = self.tag(frames, lengths, training)
        losses = ops.binary_crossentropy(ops.cast(targets, tags.dtype), tags)
        weights = ops.cast(ops.convert_to_tensor(weights), losses.dtype)
        # A batch may hold nothing that counts.
        return ops.sum(losses * weights) / ops.maximum(ops.sum(weights), 1e-30)

    def evaluate(self, frames, lengths, targets, weights):
        """The objective in inference mode."""
        return self.objective((frames, lengths, targets, weights))

    def tag(self, frames, lengths=None, training=False):
        """Probability of every tag in clips.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Sequences, padded at the end.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every clip; None if all are.
        training : bool
            Whether to drop.

        Returns
        -------
        tensor of shape (n_batch, n_outputs)
            Arbitrary for a clip without frames.
        """
        frames = self._time_first(frames)
        attention, localization = self._look(frames)
        tags = ops.sigmoid(self._read(frames, attention, lengths, training))
        # Of weights that sum to one over time only the differences of logarithms
        # count, so that none is lost to rounding, however small all are.
        log_weights = ops.zeros_like(tags)
        if localization is not None:
            log_weights = ops.log_softmax(localization)
        if attention is not None and self.normalization == "attention":
            log_weights = log_weights + ops.log_sigmoid(attention)
        elif attention is not None:
            tags = tags * _share(attention)
        if lengths is not None:
            time = ops.arange(ops.shape(tags)[0])[:, None, None]
            real = ops.less(time, lengths[None, :, None])
            log_weights = ops.where(real, log_weights, _LOWEST)
        return ops.sum(_softmax(log_weights, axis=0) * tags, axis=0)

    def frame_logits(self, frames, lengths=None):
        """What ``tag`` is made of, before the sigmoids and the softmax.

        Parameters
        ----------
        frames, lengths
            See ``tag``.

        Returns
        -------
        attention : tensor of shape (n_batch, n_frames, 1)
            How much a frame matters; zero without attention.
        localization : tensor of shape (n_batch, n_frames, n_outputs)
            Which tag a frame speaks of; zero without localisation.
        tags : tensor of shape (n_batch, n_frames, n_outputs)
            Which tags are heard in a frame.

            All are arbitrary behind the real frames.
        """
        frames = self._time_first(frames)
        attention, localization = self._look(frames)
        tags = self._read(frames, attention, lengths)
        zeros = ops.zeros_like(tags)
        outputs = (
            zeros[:, :, :1] if attention is None else attention,
            zeros if localization is None else localization,
            tags,
        )
        return tuple(ops.transpose(output, (1, 0, 2)) for output in outputs)

    def _time_first(self, frames):
        """Frames as the recurrent kernels want them: (n_frames, n_batch, n_bands)."""
        frames = ops.cast(ops.convert_to_tensor(frames), "float32")
        return ops.transpose(frames, (1, 0, 2))

    def _look(self, frames):
        """Logits of the attention and of the localisation; None for what is not."""
        heads = self.attention, self.localization
        return [None if head is None else head(frames) for head in heads]

    def _read(self, frames, attention, lengths, training=False):
        """Logits of every tag in frames, (n_frames, n_batch, n_outputs)."""
        features = self._convolve(frames)
        if attention is not None:
            features = features * _share(attention)
        for pair in self.directions:
            read = [features, reverse_sequences(features, lengths, time_major=True)]
            (ahead, _), (back, _) = run_stacks(
                pair, read, lengths, training=training, time_major=True
            )
            back = reverse_sequences(back, lengths, time_major=True)
            features = ops.concatenate([ahead, back], axis=-1)
        dense = self.drop(self.dense(features), training=training)
        return self.to_logits(dense)

    def _convolve(self, frames):
        """Maxima of every filter over all positions, (n_frames, n_batch, n_filters)."""
        n_frames, n_batch, n_bands = ops.shape(frames)
        rows = ops.reshape(frames, (-1, n_bands))
        if self.n_positions == 1:
            maps = ops.matmul(rows, self.kernel.value)
        else:
            size = (self.n_positions,)
            maps = ops.conv(
                rows[:, :, None],
                self.kernel.value[:, None],
                data_format="channels_last",
            )
            # Not ops.max, whose gradient may look for another maximum on XLA.
            maps = ops.max_pool(maps, size, size, data_format="channels_last")
        # The bias and ReLU change no order.
        maps = ops.reshape(maps, (n_frames, n_batch, -1))
        return ops.relu(maps + self.bias.value)


def _softmax(x, axis):
    # Keras warns of a softmax over one element: clips of one frame, or one tag.
    return ops.exp(ops.log_softmax(x, axis=axis))


def _share(x):
    """The sigmoid of the attention's logits."""
    # TensorFlow's own takes another routine for the last numbers of an array, so that
    # what a clip gets would depend, by rounding, on its place among the others.
    return 0.5 + 0.5 * ops.tanh(0.5 * x)
