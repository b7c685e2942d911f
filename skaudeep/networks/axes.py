"""What the sequences of an autoencoder run along: time, frequency, or both."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.decoder import RecurrentDecoder
from skaudeep.networks.dense import glorot_dense
from skaudeep.networks.encoder import RecurrentEncoder

__all__ = ["FrequencyAxis", "FrequencyTimeAxis", "TimeAxis"]


class TimeAxis:
    """A clip is a sequence of frames.

    Parameters
    ----------
    n_bands : int
        Bands of a frame.

    Attributes
    ----------
    n_read, n_outputs, n_told : int
        Values of a step: that the encoder reads, that the decoder makes, and that it
        is told.
    surplus : int
        Values that the decoder makes too many.
    """

    surplus = 0

    def __init__(self, n_bands):
        self.n_read = self.n_outputs = self.n_told = n_bands

    def sequences(self, frames, noisy=None, training=False):
        """What the encoder reads, and what the decoder makes.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Clips.
        noisy : callable or None, default=None
            Sets steps of a sequence to zero; applied to what the encoder reads.
        training : bool, default=False
            Whether to drop activations.
        """
        return (frames if noisy is None else noisy(frames)), frames

    def frames(self, made, frames, training=False, freely=False):
        """What the decoder has made, as clips.

        Parameters
        ----------
        made : tensor
            In the shape of the second result of ``sequences``.
        frames : tensor of shape (n_batch, n_frames, n_bands)
            The clips, of which no more is used than ``sequences`` tells, and nothing
            but their shape if `freely`.
        training, freely : bool, default=False
            As for the decoder.
        """
        return made

    def n_passes(self, frames):
        """Passes after which a decoder told its own results surely stands still."""
        return ops.shape(frames)[1]


class FrequencyAxis(TimeAxis):
    """Every frame of a clip is a sequence of bands.

    Parameters
    ----------
    bands : BandWindows
        How a frame is cut.
    """

    def __init__(self, bands):
        self.bands = bands
        self.n_read = self.n_told = bands.width
        self.n_outputs = bands.hop
        self.surplus = bands.surplus

    def sequences(self, frames, noisy=None, training=False):
        """Windows to read and blocks to make, of all frames of all clips."""
        flat = ops.reshape(frames, (-1, self.bands.n_bands))
        windows = self.bands.windows(flat)
        read = windows if noisy is None else noisy(windows)
        return read, self.bands.blocks(flat)

    def frames(self, made, frames, training=False, freely=False):
        """Blocks to clips."""
        n_batch, n_frames, n_bands = ops.shape(frames)
        return ops.reshape(self.bands.frames(made), (n_batch, n_frames, n_bands))

    def n_passes(self, frames):
        """As many as there are blocks."""
        return self.bands.n_blocks


class FrequencyTimeAxis(keras.layers.Layer):
    """A clip is a sequence of states, which an encoder along frequency makes of frames.

    Parameters
    ----------
    bands : BandWindows
        How a frame is cut.
    n_states, n_starts : int
        Length of the state vectors of encoder and decoder.
    encoder, decoder : dict
        Arguments of both but for their widths.
    seeds : iterator of int
        Seeds for initial weights and all that is drawn.
    dtype : str or None, default=None
        Name of a Keras dtype policy.
    """

    def __init__(
        self, bands, n_states, n_starts, encoder, decoder, seeds, *, dtype=None
    ):
        super().__init__(dtype=dtype)
        self.frequency = FrequencyAxis(bands)
        self.n_read = self.n_outputs = self.n_told = n_states
        self.surplus = 0
        self.encoder = RecurrentEncoder(bands.width, **encoder)
        self.to_start = glorot_dense(n_states, n_starts, "tanh", seeds, dtype=dtype)
        self.decoder = RecurrentDecoder(
            bands.hop, n_read=bands.width, surplus=bands.surplus, **decoder
        )
        self.built = True

    def sequences(self, frames, noisy=None, training=False):
        """States of the frames, of noisy ones to read and of the true ones to make."""
        targets = self._states(frames, training)
        if noisy is None:
            return targets, targets
        return self._states(noisy(frames), training), targets

    def frames(self, made, frames, training=False, freely=False):
        """States to clips."""
        blocks = self.decoder(
            self.to_start(ops.reshape(made, (-1, self.n_outputs))),
            self.frequency.sequences(frames)[1],
            training=training,
            freely=freely,
        )
        return self.frequency.frames(blocks, frames)

    def n_passes(self, frames):
        """As many as there are frames; bands need more only in both directions."""
        n_blocks = self.frequency.bands.n_blocks if len(self.decoder.stacks) == 2 else 1
        return ops.shape(frames)[1] * n_blocks

    def _states(self, frames, training):
        windows, _ = self.frequency.sequences(frames)
        _, states = self.encoder(windows, training=training)
        n_batch, n_frames, _ = ops.shape(frames)
        return ops.reshape(states, (n_batch, n_frames, self.n_outputs))
