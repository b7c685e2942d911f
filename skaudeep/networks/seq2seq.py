"""The recurrent sequence-to-sequence autoencoder."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.axes import FrequencyAxis, FrequencyTimeAxis, TimeAxis
from skaudeep.networks.decoder import RecurrentDecoder
from skaudeep.networks.dense import glorot_dense
from skaudeep.networks.encoder import RecurrentEncoder
from skaudeep.networks.errors import root_mean_square, squared_errors
from skaudeep.networks.feedback import run_to_rest
from skaudeep.networks.frequency import BandWindows
from skaudeep.networks.recurrent import state_size
from skaudeep.networks.seeds import seed_stream
from skaudeep.networks.variational import GaussianLatent

__all__ = ["Seq2Seq", "representation_size"]


def representation_size(config):
    """Length of the representation of a network with these constructor arguments."""
    return state_size(
        config["cell"],
        config["n_layers"],
        config["n_units"],
        bool(config["bidirectional_decoder"]),
    )


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
    teacher_forcing : {"leak_free", "audeep"} or None
        What the decoder reads. "leak_free": the target, delayed by one frame against
        the reading order of each direction. None: nothing (zeros). "audeep": as the
        published tool, see the notes.
    dropout : float
        Share of activations dropped in training.
    dropout_on : {"outputs", "inputs_and_outputs"}, default="outputs"
        Which activations of every layer.
    feed_previous_prob : float, default=0.0
        Probability that a decoder reads its own previous output instead of the true
        one, drawn for every step and sequence, in training. 1.0 never reads a target,
        neither in training nor afterwards.
    encoder_noise : float, default=0.0
        Probability that a frame that the encoder reads is set to zero in training. The
        target stays as it is. With ``axis="frequency"`` it is a window of bands that
        is set to zero.
    mask_silence : bool, default=False
        Whether values of exactly -1 count as reconstructed, whatever the decoder makes.
    attention : bool, default=False
        Whether the decoder attends to the encoder's top states. What it needs then need
        not pass the representation: that one is what the encoder found worth keeping
        in its states, and no longer all that the decoder knows.
    variational : bool, default=False
        Whether the code is drawn from a Gaussian in training. The representation is its
        mean and not bounded; the decoder starts from the tanh of the code.
    axis : {"time", "frequency", "frequency_time"}, default="time"
        What the sequences are. "frequency": every frame is one, of windows of bands,
        and the representation is the mean of the codes of all frames.
        "frequency_time": such an encoder's final states for every frame are the
        sequence of a second encoder, whose final states make the representation; a
        decoder makes of it one state a frame, from which another makes its bands.
    band_window, band_overlap : int, default=32, 24
        Bands in a window, and in two neighbouring ones, where frequency is an axis.
    dtype : str or None, default=None
        Name of a Keras dtype policy. Losses are float32 under any of them.
    seed : int
        Fixes the initial weights and all that is drawn.

    Notes
    -----
    ``teacher_forcing="audeep"`` does what auDeep 0.9.6 does. Its GRU resets the state
    before the product. Kernels and biases of the dense layers are drawn alike, gate
    biases start at 1, an LSTM's forget gate is raised by 1. Both directions of a
    bidirectional decoder read the same target, delayed by one step of the first
    direction: the second one is told what it has to make. A unidirectional decoder
    reads the target delayed by two steps, has two tanh layers in a row, and feeds back
    the result of the first.

    With ``axis="frequency_time"`` the decoder along time is told the true states of
    the frames before, and what it feeds back is its own estimate of them.
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
        dropout_on="outputs",
        feed_previous_prob=0.0,
        encoder_noise=0.0,
        mask_silence=False,
        attention=False,
        variational=False,
        axis="time",
        band_window=32,
        band_overlap=24,
        dtype=None,
        seed=0,
    ):
        super().__init__(dtype=dtype)
        self.encoder_noise = encoder_noise
        self.mask_silence = mask_silence
        audeep = teacher_forcing == "audeep"
        seeds = seed_stream(seed)
        size = {"cell": cell, "n_layers": n_layers, "n_units": n_units}
        stacks = {
            **size,
            "dropout": dropout,
            "dropout_on": dropout_on,
            "reset_after": not audeep,
            "initialization": "audeep" if audeep else "keras",
            "seeds": seeds,
            "dtype": dtype,
        }
        encoder = {**stacks, "bidirectional": bool(bidirectional_encoder)}
        decoder = {
            **stacks,
            "bidirectional": bool(bidirectional_decoder),
            "teacher_forcing": teacher_forcing,
            "feed_previous_prob": feed_previous_prob,
        }
        n_states = state_size(**size, bidirectional=encoder["bidirectional"])
        n_starts = state_size(**size, bidirectional=decoder["bidirectional"])
        self.n_representation = n_starts
        if axis == "time":
            self.axis = TimeAxis(n_bands)
        else:
            bands = BandWindows(n_bands, band_window, band_overlap)
            self.axis = FrequencyAxis(bands)
        if axis == "frequency_time":
            self.axis = FrequencyTimeAxis(
                bands, n_states, n_starts, encoder, decoder, seeds, dtype=dtype
            )
        reads_data = self.axis.holds_data
        self.encoder = RecurrentEncoder(
            self.axis.n_read, reads_data=reads_data, **encoder
        )
        self.gaussian = self.to_representation = None
        dense = {"random_bias": audeep, "dtype": dtype}
        if variational:
            self.gaussian = GaussianLatent(n_states, n_starts, seeds, **dense)
        else:
            self.to_representation = glorot_dense(
                n_states, n_starts, "tanh", seeds, **dense
            )
        self.decoder = RecurrentDecoder(
            self.axis.n_outputs,
            n_read=self.axis.n_read,
            surplus=self.axis.surplus,
            n_memory=self.encoder.n_outputs if attention else None,
            reads_data=reads_data,
            **decoder,
        )
        if encoder_noise > 0:
            self.noise = keras.random.SeedGenerator(next(seeds))
        self.built = True

    def objective(self, batch, training=False):
        """The loss of a batch: a scalar, float32.

        Parameters
        ----------
        batch : tuple
            Frames, lengths (see ``encode``) and the weight of the divergence of a
            variational network, a scalar; None counts as 0.
        training : bool
            Whether to drop, to draw and to add noise.

        Returns
        -------
        tensor
            Root mean squared error over the real frames, and the weighted divergence
            of the codes from the standard normal distribution.
        """
        frames, lengths, kl_weight = batch
        frames = _float32(frames)
        reconstruction, gaussian = self._autoencode(frames, lengths, training)
        loss = root_mean_square(*self._errors(frames, reconstruction, lengths))
        if gaussian is None or kl_weight is None:
            return loss
        present = self.axis.present(frames, lengths)
        return loss + kl_weight * self.gaussian.divergence(*gaussian, present)

    def squared_errors(self, frames, lengths=None):
        """Sums of squared errors and numbers of values: (n_batch, 2), float32.

        Parameters
        ----------
        frames, lengths : tensor
            See ``encode``.
        """
        frames = _float32(frames)
        reconstruction, _ = self._autoencode(frames, lengths)
        return ops.stack(self._errors(frames, reconstruction, lengths), axis=-1)

    def encode(self, frames, lengths=None, training=False):
        """Sequences to representations.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Sequences, padded at the end.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every clip; None if all are.
        training : bool
            Whether to drop activations and to add noise.

        Returns
        -------
        tensor of shape (n_batch, n_representation)
            Float32: between -1 and 1, or means if the network is variational.
        """
        return self.encode_both(frames, lengths, training)[0]

    def encode_frames(self, frames, lengths=None):
        """The encoder's states for every frame.

        Parameters
        ----------
        frames, lengths : tensor
            See ``encode``.

        Returns
        -------
        tensor of shape (n_batch, n_frames, n)
            Float32: outputs of the top layers, forward before backward; with
            ``axis="frequency"`` the codes of the frames. Arbitrary behind the real
            frames.
        """
        return self.encode_both(frames, lengths)[1]

    def encode_both(self, frames, lengths=None, training=False):
        """Results of ``encode`` and ``encode_frames``, in one run of the encoder."""
        frames = _float32(frames)
        read, _ = self._sequences(frames, training)
        steps = self.axis.steps(lengths)
        outputs, states = self.encoder(read, lengths=steps, training=training)
        _, codes, _ = self._codes(states, training)
        if self.axis.codes_frames:
            outputs = self.axis.of_frames(codes, frames)
        return self.axis.pool(codes, frames, lengths), _float32(outputs)

    def decode(self, representation, frames, lengths=None, training=False):
        """Representations to sequences, in the time order of the input.

        Parameters
        ----------
        representation : tensor of shape (n_batch, n_representation)
            As from ``encode``. With ``axis="frequency"`` it may also be the codes of
            all frames, (n_batch, n_frames, n_representation); one code for a clip
            serves all of its frames.
        frames : tensor of shape (n_batch, n_frames, n_bands)
            What the decoder is told about its target, and attends to; without either
            only its number of frames counts.
        lengths : tensor of int of shape (n_batch,) or None
            Real frames of every clip; None if all are.
        training : bool
            Whether to drop activations and to draw what is fed back.

        Returns
        -------
        tensor of shape (n_batch, n_frames, n_bands)
            The reconstruction, float32; arbitrary behind the real frames.
        """
        return self._decode(representation, _float32(frames), lengths, training)

    def decode_freely(self, representation, frames):
        """Representations to sequences, by a decoder that is told nothing else.

        A decoder that is forced by a teacher reads its own previous output: an exact
        run, if it goes in one direction, or has learnt with `feed_previous_prob` what
        it makes of it. For others, there is no previous output in this sense. They
        decode again and again, told what they made the last time, until it stands
        still, at most as often as there are steps.

        Parameters
        ----------
        representation : tensor of shape (n_batch, n_representation)
            As from ``encode``.
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Only its number of frames counts.

        Returns
        -------
        tensor of shape (n_batch, n_frames, n_bands)
            Float32.

        Raises
        ------
        ValueError
            If the decoder attends to the encoder's states, which are not there.
        """
        decoder = self.decoder
        if decoder.attention is not None:
            raise ValueError(
                "A decoder with attention=True cannot run on the representation alone."
            )
        start = ops.zeros_like(_float32(frames))
        one_way = len(decoder.stacks) == 1
        if decoder.teacher_forcing is None:
            return self.decode(representation, start)
        if decoder.feed_previous_prob > 0 or (one_way and self.axis.holds_data):
            return self._decode(representation, start, freely=True)

        def decode(estimate):
            # One direction along frequency runs exactly, if it is that of frames.
            return self._decode(representation, estimate, freely_in_frames=one_way)

        return run_to_rest(decode, start, self.axis.n_passes(start))

    def _autoencode(self, frames, lengths, training=False):
        """Reconstruction, and means and log-variances, or None."""
        read, targets = self._sequences(frames, training)
        steps = self.axis.steps(lengths)
        memory, states = self.encoder(read, lengths=steps, training=training)
        codes, _, gaussian = self._codes(states, training)
        made = self._write(codes, targets, steps, memory, training)
        return _float32(self.axis.frames(made, frames, training)), gaussian

    def _decode(
        self,
        codes,
        frames,
        lengths=None,
        training=False,
        freely=False,
        freely_in_frames=False,
    ):
        codes = self.axis.spread(ops.convert_to_tensor(codes), frames)
        read, targets = self.axis.sequences(frames)
        steps = self.axis.steps(lengths)
        memory = None
        if self.decoder.attention is not None:
            memory, _ = self.encoder(read, lengths=steps, training=training)
        made = self._write(codes, targets, steps, memory, training, freely)
        freely = freely or freely_in_frames
        return _float32(self.axis.frames(made, frames, training, freely))

    def _sequences(self, frames, training):
        noisy = self._noisy if training and self.encoder_noise > 0 else None
        return self.axis.sequences(frames, noisy, training)

    def _noisy(self, sequences):
        n_batch, n_steps, _ = ops.shape(sequences)
        draws = keras.random.uniform((n_batch, n_steps, 1), seed=self.noise)
        return ops.where(draws < self.encoder_noise, 0.0, sequences)

    def _codes(self, states, training):
        """Codes to decode, representations, and means and log-variances, or None."""
        if self.gaussian is None:
            codes = _float32(self.to_representation(states))
            return codes, codes, None
        codes, means, log_variances = self.gaussian(states, training=training)
        return codes, means, (means, log_variances)

    def _write(self, codes, targets, steps, memory, training, freely=False):
        return self.decoder(
            codes if self.gaussian is None else ops.tanh(codes),
            targets,
            lengths=steps,
            memory=memory,
            training=training,
            freely=freely,
        )

    def _errors(self, frames, reconstruction, lengths):
        return squared_errors(frames, reconstruction, lengths, self.mask_silence)


def _float32(values):
    return ops.cast(ops.convert_to_tensor(values), "float32")
