"""What a fitted autoencoder of sequences can do."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted

from skaudeep._containers import check_sequences, stack_sequences
from skaudeep._sequence_batches import SequenceBatches, inference_batch_size
from skaudeep.audio._sequence_statistics import describe

__all__ = ["Autoencoding"]


class Autoencoding(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Encoding, decoding and their errors.

    For estimators whose network has the methods of
    :class:`~skaudeep.networks.seq2seq.Seq2Seq`, and which have set ``config_``,
    ``n_frames_`` and ``n_bands_in_`` in ``fit``, and then called ``_set_sizes``.
    """

    def transform(self, X):
        """Encode clips.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        ndarray of shape (n_clips, n_features_out)
            Float32: the representation, and behind it the statistics of `pooling`, one
            after the other. All in [-1, 1] unless the network is variational; a row of
            NaN for a missing clip.
        """
        batches = self._batches(X)
        shape = len(batches.counts), self._n_features_out
        out = np.full(shape, np.nan, dtype=np.float32)
        with self._fitted_network() as compiled:
            if not self._pooling:
                for i, code in _clip_by_clip(batches, partial(compiled.call, "encode")):
                    out[i] = code
                return out

            def encode(*batch):
                return zip(*compiled.call("encode_both", *batch), strict=True)

            for i, (code, states) in _clip_by_clip(batches, encode):
                pooled = describe(states[: batches.counts[i]], self._pooling)
                out[i] = np.concatenate([code, pooled])
        return out

    def transform_frames(self, X):
        """Encode clips frame by frame.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        ndarray of shape (n_clips, n_frames, n_states), or object array of 2-D arrays
            Float32: for every frame of X the outputs of the encoder's top layer,
            forward before backward (`n_units`, or twice that); with
            ``axis="frequency"`` the code of the frame. The times are those of the
            frames of X, see :meth:`skaudeep.audio.MelSpectrogram.frame_times`: a
            forward state knows all up to its frame, a backward one all from it on.
        """
        batches = self._batches(X)
        with self._fitted_network() as compiled:
            encode = partial(compiled.call, "encode_frames")
            return _sequences(batches, encode, self._n_states)

    def reconstruct(self, X):
        """Encode clips and decode them again, the decoder fed as in training.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        ndarray of shape (n_clips, n_frames, n_bands), or object array of 2-D arrays
            Float32, each clip as long and in the same order of time as in X. Under
            teacher forcing the decoder has read the true previous frames:
            ``inverse_transform(transform(X))`` is what it makes of the representation
            alone.
        """
        batches = self._batches(X)
        # Along frequency every frame has a code of its own.
        encode = "encode_frames" if self.config_["axis"] == "frequency" else "encode"
        with self._fitted_network() as compiled:

            def decode(*batch):
                return compiled.call("decode", compiled.call(encode, *batch), *batch)

            return _sequences(batches, decode, self.n_bands_in_)

    def inverse_transform(self, X, n_frames=None):
        """Decode representations.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            As from ``transform``; what stands behind the representation is ignored.
        n_frames : int or None, default=None
            Frames to decode; None takes those of the longest training clip.

        Returns
        -------
        ndarray of shape (n_clips, n_frames, n_bands)
            Float32, in the order of time of the original clips. A decoder trained
            under teacher forcing reads its own previous output instead of the truth;
            where two directions read one, it decodes again and again, told what it
            made the last time, until that stands still.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float32, ensure_all_finite="allow-nan")
        if X.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__} makes "
                f"{self._n_features_out}."
            )
        codes = X[:, : self._n_representation]
        return self._decode_freely(codes, n_frames, "inverse_transform")

    def sample(self, n_samples=1, n_frames=None, random_state=None):
        """Draw new clips from a variational network.

        Parameters
        ----------
        n_samples : int, default=1
            Number of clips.
        n_frames : int or None, default=None
            Frames of each; None takes those of the longest training clip.
        random_state : int, RandomState instance or None, default=None
            Draws the representations, from the standard normal distribution.

        Returns
        -------
        ndarray of shape (n_samples, n_frames, n_bands)
            Float32, decoded as by ``inverse_transform``.
        """
        check_is_fitted(self)
        if not self.config_["variational"]:
            raise ValueError(
                "sample needs a network with variational=True, this one was fitted "
                "with variational=False."
            )
        rng = check_random_state(random_state)
        codes = rng.standard_normal((n_samples, self._n_representation))
        return self._decode_freely(codes.astype(np.float32), n_frames, "sample")

    def _decode_freely(self, codes, n_frames, method):
        n_frames = self.n_frames_ if n_frames is None else n_frames
        if not isinstance(n_frames, Integral) or n_frames < 1:
            raise ValueError(
                f"n_frames must be an integer of at least 1 or None, got {n_frames!r}."
            )
        if self.config_["attention"]:
            raise ValueError(
                f"{method} needs a decoder that lives on the representation alone: "
                "one with attention=False, this one was fitted with attention=True."
            )
        out = np.zeros((len(codes), n_frames, self.n_bands_in_), dtype=np.float32)
        size = inference_batch_size(n_frames)
        with self._fitted_network() as compiled:
            for start in range(0, len(codes), size):
                rows = slice(start, start + size)
                out[rows] = compiled.call("decode_freely", codes[rows], out[rows])
        return out

    def score(self, X, y=None):
        """Minus the root mean squared error of the reconstruction: higher is better.

        Parameters
        ----------
        X : sequences
            As in `fit`.
        y : None
            Ignored.

        Returns
        -------
        float
            Over all frames and bands of all clips that are not missing, the decoder
            fed as in training.
        """
        return -_root_mean_square(self._reconstruction_errors(X))

    def score_samples(self, X):
        """Root mean squared error of each clip's reconstruction: higher is stranger.

        An anomaly score, with the sign of an error: unlike that of scikit-learn's
        density models, it grows with the distance from the training clips.

        Parameters
        ----------
        X : sequences
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_clips,)
            Float64, in the unit of X, the decoder fed as in training; NaN for a
            missing clip.
        """
        total, n_values = self._reconstruction_errors(X).T
        missing = np.full(len(total), np.nan)
        return np.sqrt(np.divide(total, n_values, out=missing, where=n_values > 0))

    def _reconstruction_errors(self, X):
        batches = self._batches(X)
        with self._fitted_network() as compiled:
            return _squared_errors(batches, compiled)

    def _validation_loss(self, compiled, data, items):
        return _root_mean_square(_squared_errors(data, compiled, items))

    def _set_sizes(self, pooling):
        """Note how many features there are, with these statistics of the states."""
        from skaudeep.networks.seq2seq import representation_size

        config = self.config_
        self._pooling = tuple(pooling or ())
        self._n_representation = representation_size(config)
        self._n_states = config["n_units"] * (1 + config["bidirectional_encoder"])
        if config["axis"] == "frequency":
            self._n_states = self._n_representation
        n_pooled = len(self._pooling) * self._n_states
        self._n_features_out = self._n_representation + n_pooled

    def _batches(self, X):
        check_is_fitted(self)
        return SequenceBatches(check_sequences(self, X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _clip_by_clip(batches, function, clips=None):
    """Yield the number of every clip and its row of ``function(frames, lengths)``."""
    for index, batch in batches.iterate(clips):
        # Surplus rows are the last ones.
        yield from zip(index, function(*batch), strict=False)


def _sequences(batches, function, n_bands):
    """Those that `function` makes of frames and lengths, in their container."""
    out = [None] * len(batches.counts)
    for i, frames in _clip_by_clip(batches, function):
        out[i] = frames[: batches.counts[i]]
    return stack_sequences(out, n_bands)


def _squared_errors(batches, compiled, clips=None):
    """Sum of squared errors and number of values of every clip: (n_clips, 2)."""
    out = np.zeros((len(batches.counts), 2))
    function = partial(compiled.call, "squared_errors")
    for i, errors in _clip_by_clip(batches, function, clips):
        out[i] = errors
    return out


def _root_mean_square(errors):
    """Of sums of squares and their numbers, (n_clips, 2); NaN of nothing."""
    total, n_values = errors.sum(axis=0)
    return float(np.sqrt(total / n_values)) if n_values else np.nan
