"""What the sequences of an autoencoder run along: time, frequency, or both."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.decoder import RecurrentDecoder
from skaudeep.networks.dense import glorot_dense
from skaudeep.networks.encoder import RecurrentEncoder
from skaudeep.networks.recurrent import frame_mask

__all__ = ["FrequencyAxis", "FrequencyTimeAxis", "TimeAxis"]


class _Axis:
    """What holds where a clip is one sequence.

    Attributes
    ----------
    n_read, n_outputs : int
        Values of a step: that the encoder reads and the decoder is told, and that the
        decoder makes.
    surplus : int
        Values that the decoder makes too many.
    holds_data : bool
        Whether the sequences are data; else they are learnt.
    codes_frames : bool
        Whether every frame of a clip is a sequence, with a code of its own.
    """

    surplus = 0
    holds_data = True
    codes_frames = False

    def steps(self, lengths):
        """Real steps of the sequences of clips of these lengths; None if all are."""
        return lengths

    def present(self, frames, lengths):
        """Which sequences have real steps: booleans, or None if all have."""
        return None if lengths is None else ops.greater(lengths, 0)

    def pool(self, codes, frames, lengths):
        """Codes of the sequences to representations of the clips."""
        return codes

    def spread(self, codes, frames):
        """What ``Seq2Seq.decode`` takes to codes of the sequences."""
        return codes


class TimeAxis(_Axis):
    """A clip is a sequence of frames.

    Parameters
    ----------
    n_bands : int
        Bands of a frame.
    """

    def __init__(self, n_bands):
        self.n_read = self.n_outputs = n_bands

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


class FrequencyAxis(_Axis):
    """Every frame of a clip is a sequence of bands.

    Parameters
    ----------
    bands : BandWindows
        How a frame is cut.
    """

    codes_frames = True

    def __init__(self, bands):
        self.bands = bands
        self.n_read = bands.width
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

    def steps(self, lengths):
        """All: sequences along frequency are equally long."""
        return None

    def present(self, frames, lengths):
        """The real frames of all clips."""
        mask = frame_mask(frames, lengths)
        return None if mask is None else ops.reshape(mask, (-1,))

    def pool(self, codes, frames, lengths):
        """Means over the real frames of each clip."""
        codes = self.of_frames(codes, frames)
        if lengths is None:
            return ops.mean(codes, axis=1)
        mask = frame_mask(frames, lengths)
        total = ops.sum(ops.where(mask[:, :, None], codes, 0.0), axis=1)
        count = ops.maximum(ops.cast(lengths, "float32"), 1.0)
        return total / count[:, None]

    def spread(self, codes, frames):
        """Codes of all frames, or of clips, which serve all frames of each."""
        if len(codes.shape) == 2:
            codes = codes[:, None, :] + ops.zeros_like(frames[:, :, :1])
        return ops.reshape(codes, (-1, ops.shape(codes)[-1]))

    @staticmethod
    def of_frames(codes, frames):
        """Codes of the sequences to (n_batch, n_frames, n)."""
        n_batch, n_frames, _ = ops.shape(frames)
        return ops.reshape(codes, (n_batch, n_frames, codes.shape[-1]))


class FrequencyTimeAxis(_Axis, keras.layers.Layer):
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

    holds_data = False

    def __init__(
        self, bands, n_states, n_starts, encoder, decoder, seeds, *, dtype=None
    ):
        super().__init__(dtype=dtype)
        self.frequency = FrequencyAxis(bands)
        self.n_read = self.n_outputs = n_states
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
        return self.frequency.of_frames(states, frames)
