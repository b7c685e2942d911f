"""One network of a rare event detector."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import BaseEstimator

from skaudeep._checkpoint import array_checksum
from skaudeep._keras import has_static_shapes
from skaudeep._length_batches import pad_batch
from skaudeep._measured_norms import measure_norms
from skaudeep._network_estimator import NetworkEstimator

__all__ = ["WindowNetwork"]

# Frames of windows that go through a network at once.
_INFERENCE_FRAMES = 100_000
# Overlapping windows that do: the frames that two calls share do not count.
_OVERLAPPING_WINDOWS = 512
# And where they are read without being laid out: a clip of half a minute at once.
_READ_WINDOWS = 2048
# Lengths of clips are rounded up to multiples of this where each is compiled anew.
_STEP = 128


class WindowNetwork(NetworkEstimator, BaseEstimator):
    """A network that reads windows of one length.

    Parameters
    ----------
    time_steps : int
        Frames of a window.
    training_hop : int or None
        Frames from one window to the next in training; None lays them side by side.
    positive_weight : float or "balanced"
        How much a frame of the event counts in the loss.
    architecture : dict
        Of the :class:`~skaudeep.networks.crnn.CRNN`.
    learning_rate, gradient_clip, max_epochs, batch_size, early_stopping, \
            validation_fraction, n_iter_no_change, warm_start, callbacks, \
            checkpoint_dir, random_state, verbose
        See :class:`~skaudeep.events.RareEventDetector`.
    split_seed : int
        Chooses the clips that are held out.
    """

    def __init__(
        self,
        time_steps,
        *,
        training_hop,
        positive_weight,
        architecture,
        learning_rate,
        gradient_clip,
        max_epochs,
        batch_size,
        early_stopping,
        validation_fraction,
        n_iter_no_change,
        warm_start,
        callbacks,
        checkpoint_dir,
        random_state,
        split_seed,
        verbose,
    ):
        self.time_steps = time_steps
        self.training_hop = training_hop
        self.positive_weight = positive_weight
        self.architecture = architecture
        self.learning_rate = learning_rate
        self.gradient_clip = gradient_clip
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.split_seed = split_seed
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.window_crnn import WindowCRNN

        return WindowCRNN

    def continue_from(self, other):
        """Let the next ``fit`` go on where that of another network has ended."""
        for name, value in vars(other).items():
            if name.endswith("_") or name == "_optimizer_state":
                setattr(self, name, value)

    def fit(self, X, active):
        """Train on the windows of all clips.

        Parameters
        ----------
        X : list of ndarray, or ndarray of shape (n_clips, n_frames, n_bands)
            Sequences, as :func:`skaudeep._containers.check_sequences` returns them.
        active : list of ndarray of bool of shape (n_frames,)
            For every clip, in which frames the event is.

        Returns
        -------
        WindowNetwork
            This estimator.
        """
        weight = self.positive_weight
        if weight == "balanced":
            n_active = sum(int(frames.sum()) for frames in active)
            n_frames = sum(len(frames) for frames in active)
            # Where the event never pauses, there is nothing to be balanced.
            weight = max(n_frames - n_active, 1) / max(n_active, 1)
        hop = self.training_hop or self.time_steps
        windows = _Windows(
            X, active, self.time_steps, hop, float(weight), self.split_seed
        )
        config = {
            "n_bands": X[0].shape[1],
            "time_steps": int(self.time_steps),
            **self.architecture,
        }
        self._train_network(config, windows)
        return self

    def _epoch(self, data, items, epoch, rng):
        index = rng.permutation(data.of(items))
        # Parts of like size: none is a single window left over.
        for part in np.array_split(index, -(-len(index) // self.batch_size)):
            frames, lengths, active, weights = data.gather(part)
            yield (frames, lengths, active, weights), float(weights.sum())

    def _batches(self, data, items):
        index = data.of(items)
        size = max(1, _INFERENCE_FRAMES // data.time_steps)
        for part in np.array_split(index, -(-len(index) // size)):
            yield data.gather(part)

    def _settle(self, compiled, data, items, rng):
        network = compiled.network

        def measure(i):
            for frames, lengths, _, weights in self._batches(data, items):
                moments = compiled.call(network.moments[i], frames, lengths)
                yield moments, np.count_nonzero(weights)

        measure_norms(compiled, network.norms, measure)

    def _validation_loss(self, compiled, data, items):
        losses, weights = [], []
        for batch in self._batches(data, items):
            losses.append(compiled.loss(compiled.to_device(batch)))
            weights.append(batch[-1].sum())
        return float(np.average(losses, weights=weights))

    def frame_probabilities(self, X, sliding=True):
        """Probability of the event in every frame: the mean over windows that hold it.

        Parameters
        ----------
        X : list of ndarray of shape (n_frames, n_bands)
            Sequences, none of which is missing.
        sliding : bool, default=True
            Whether windows move by a single frame; otherwise they stand side by side,
            the last one at the end of the clip.

        Yields
        ------
        ndarray of shape (n_frames,)
            Of every clip, float32.
        """
        with self._fitted_network() as compiled:
            reader = compiled.network.window_reader() if sliding else None
            for clip in X:
                clip = np.asarray(clip, dtype=np.float32)
                if not sliding or len(clip) <= self.time_steps:
                    yield self._read_side_by_side(compiled, clip)
                else:
                    yield self._slide(compiled, reader, clip)

    def _slide(self, compiled, reader, clip):
        n_frames, width = len(clip), self.time_steps
        total = np.zeros(n_frames, dtype=np.float32)
        n_windows = n_frames - width + 1
        n_at_once = _OVERLAPPING_WINDOWS if reader is None else _READ_WINDOWS
        for start in range(0, n_windows, n_at_once):
            part = clip[start : start + n_at_once + width - 1]
            n_here = len(part) - width + 1
            if reader is not None:
                windows = reader.probabilities(part)
            else:
                if has_static_shapes():
                    part = np.pad(part, ((0, -len(part) % _STEP), (0, 0)))
                windows = compiled.call("window_probabilities", part[np.newaxis])
            for i, column in enumerate(windows[:n_here].T):
                total[start + i : start + i + n_here] += column
        ends = np.minimum(np.arange(1, n_frames + 1), np.arange(n_frames, 0, -1))
        return total / np.minimum(ends, min(width, n_windows))

    def _read_side_by_side(self, compiled, clip):
        width = min(self.time_steps, len(clip))
        starts = _starts(len(clip), width, width)
        frames = starts[:, np.newaxis] + np.arange(width)
        lengths = np.full(len(starts), width, dtype=np.int32)
        n_more = -len(starts) % _STEP if has_static_shapes() else 0
        rest = ((0, n_more), (0, self.time_steps - width), (0, 0))
        windows = compiled.call(
            "frame_probabilities",
            np.pad(clip[frames], rest),
            np.pad(lengths, (0, n_more)),
        )[: len(starts), :width]
        total, count = np.zeros((2, len(clip)), dtype=np.float32)
        np.add.at(total, frames, windows)
        np.add.at(count, frames, 1)
        return total / count


def _starts(n_frames, width, hop):
    """First frames of windows; the last window ends where the clip ends."""
    last = max(0, n_frames - width)
    starts = np.arange(0, last + 1, hop)
    return starts if starts[-1] == last else np.append(starts, last)


class _Windows:
    """Windows of all clips.

    Parameters
    ----------
    X : list of ndarray, or ndarray of shape (n_clips, n_frames, n_bands)
        Sequences.
    active : list of ndarray of bool of shape (n_frames,)
        Where the event is.
    time_steps, hop : int
        Frames of a window, and from one to the next. The last window of a clip ends
        where the clip ends; a shorter clip is one window.
    weight : float
        Of a frame of the event.
    split_seed : int, default=0
        Chooses the clips that are held out.

    Attributes
    ----------
    present : ndarray of int
        All clips.
    strata : ndarray of bool
        Which of them hold the event.
    """

    def __init__(self, X, active, time_steps, hop, weight, split_seed=0):
        self.X, self.active = X, active
        self.time_steps = time_steps
        self.weight = weight
        self.present = np.arange(len(X))
        self.strata = np.array([frames.any() for frames in active])
        self.split_seed = split_seed
        counts = np.array([len(clip) for clip in X])
        owners, starts = [], []
        for clip, n_frames in enumerate(counts):
            starts.append(_starts(n_frames, time_steps, hop))
            owners.append(np.full(len(starts[-1]), clip))
        self.owners, self.starts = np.concatenate(owners), np.concatenate(starts)
        self.ragged = bool((counts < time_steps).any())

    def of(self, clips):
        """Indices of all windows of some clips."""
        return np.flatnonzero(np.isin(self.owners, clips))

    def gather(self, index):
        """What the network's objective takes.

        Parameters
        ----------
        index : ndarray of int of shape (n_windows,)
            Which windows.

        Returns
        -------
        frames : ndarray of shape (n_windows, time_steps, n_bands)
            Zeros behind the end of a clip.
        lengths : ndarray of int of shape (n_windows,) or None
            Real frames; None if no clip is shorter than a window.
        active : ndarray of shape (n_windows, time_steps, 1)
            Targets.
        weights : ndarray of shape (n_windows, time_steps)
            Of the frames.
        """
        pieces, targets = [], []
        for clip, start in zip(self.owners[index], self.starts[index], strict=True):
            window = slice(start, start + self.time_steps)
            pieces.append(self.X[clip][window])
            targets.append(self.active[clip][window][:, np.newaxis])
        every = np.arange(len(index))
        frames, lengths = pad_batch(pieces, every, self.time_steps)
        active, _ = pad_batch(targets, every, self.time_steps)
        weights = 1 + (self.weight - 1) * active[:, :, 0]
        weights *= np.arange(self.time_steps) < lengths[:, np.newaxis]
        return frames, lengths if self.ragged else None, active, weights

    def fingerprint(self):
        """What is the same for the same clips and events, as JSON knows it."""
        return {
            "clips": len(self.X),
            "windows": len(self.starts),
            "checksum": array_checksum(self.X),
            "events": array_checksum(self.active),
        }
