"""How the frames are scaled and the words of a codebook chosen."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import heapq

import numpy as np
from sklearn.base import clone
from sklearn.cluster import KMeans, kmeans_plusplus
from threadpoolctl import threadpool_limits

__all__ = ["Training", "learn"]

# Training frames that are looked at in one go; never more than a clip, so that nothing
# depends on which clips come together.
_PART = 256


class MinMax:
    """Least and largest value of every band."""

    def __init__(self):
        self.low, self.high = np.inf, -np.inf

    def add(self, frames):
        """Take in frames, (n_frames, n_bands)."""
        self.low = np.minimum(self.low, frames.min(axis=0))
        self.high = np.maximum(self.high, frames.max(axis=0))

    def shift_and_scale(self):
        """What is subtracted from a frame, and what it is then divided by."""
        width = self.high - self.low
        return self.low, np.where(width == 0, np.float32(1), width)


class Moments:
    """Mean and standard deviation of every band, by Chan's updates in float64.

    Parameters
    ----------
    ddof : {0, 1}
        1 divides by the number of frames less one.
    """

    def __init__(self, ddof):
        self.ddof, self.n, self.mean, self.squares = ddof, 0, 0.0, 0.0

    def add(self, frames):
        """Take in frames, (n_frames, n_bands)."""
        mean = frames.mean(axis=0, dtype=np.float64)
        deviations = frames - mean
        difference, n = mean - self.mean, self.n + len(frames)
        self.mean = self.mean + difference * (len(frames) / n)
        self.squares = (
            self.squares
            + np.einsum("ij,ij->j", deviations, deviations)
            + difference**2 * (self.n * len(frames) / n)
        )
        self.n = n

    def shift_and_scale(self):
        """What is subtracted from a frame, and what it is then divided by."""
        scale = np.sqrt(self.squares / max(1, self.n - self.ddof))
        # What rounding makes of a constant band is no deviation.
        scale[scale <= 1e-13 * np.abs(self.mean)] = 1.0
        return self.mean.astype(np.float32), scale.astype(np.float32)


class Reservoir:
    """The frames with the smallest keys, in however many pieces they come.

    Parameters
    ----------
    size : int
        Most frames kept.
    distinct : bool
        Whether a frame that equals one with a smaller key is passed over.
    """

    def __init__(self, size, distinct):
        self.size, self.distinct, self.n_seen = size, distinct, 0
        # The largest key comes first: (-key, place, frame, digest).
        self._heap, self._keys = [], {}

    def __len__(self):
        return len(self._heap)

    def add(self, keys, frames):
        """Take in frames, (n_frames, n_columns), with a key each."""
        for i in np.flatnonzero(keys < self._bound()):
            if keys[i] < self._bound():
                self._keep(float(keys[i]), self.n_seen + int(i), frames[i])
        self.n_seen += len(frames)

    def _bound(self):
        return -self._heap[0][0] if len(self._heap) >= self.size else np.inf

    def _keep(self, key, place, frame):
        frame = frame + np.float32(0)  # a copy, in which -0 has become 0
        digest = None
        if self.distinct:
            digest = hashlib.blake2b(frame, digest_size=16).digest()
            known = self._keys.get(digest, np.inf)
            if known <= key:
                return
            if known < np.inf:
                self._heap = [item for item in self._heap if item[3] != digest]
                heapq.heapify(self._heap)
            self._keys[digest] = key
        heapq.heappush(self._heap, (-key, place, frame, digest))
        self.shrink(self.size)

    def shrink(self, size):
        """Keep no more than `size` frames from now on."""
        self.size = size
        while len(self._heap) > size:
            self._keys.pop(heapq.heappop(self._heap)[3], None)

    def by_key(self):
        """The frames, the one with the smallest key first."""
        return np.stack([item[2] for item in sorted(self._heap, key=lambda i: -i[0])])

    def in_order(self):
        """The frames in the order in which they came."""
        return np.stack([item[2] for item in sorted(self._heap, key=lambda i: i[1])])


class Sample:
    """The frames that the words of one codebook are drawn from or learnt from.

    Parameters
    ----------
    block : Block
        The codebook.
    max_frames : int or None
        Most frames that words are learnt from.
    """

    def __init__(self, block, max_frames):
        self.block, self.reservoirs = block, {}
        if block.kind == "random":
            self.reservoirs[None] = Reservoir(block.size, distinct=True)
        elif block.clustered and max_frames is not None:
            self.reservoirs[None] = Reservoir(max_frames, distinct=False)

    def expect(self, classes):
        """Make room for clips of these classes."""
        classes = sorted({*self.reservoirs, *classes})
        n_words = -(-self.block.size // len(classes))
        old = self.reservoirs
        self.reservoirs = {
            label: old[label] if label in old else Reservoir(n_words, distinct=True)
            for label in classes
        }
        # The smallest keys of fewer frames are among the smallest of more.
        for reservoir in self.reservoirs.values():
            reservoir.shrink(n_words)

    def add(self, keys, frames, label):
        """Take in frames of one clip, (n_frames, n_bands), with a key each."""
        if self.reservoirs:
            label = label if self.block.kind == "supervised" else None
            self.reservoirs[label].add(keys, frames[:, self.block.columns])


class Training:
    """What is learnt from frames while they pass.

    Parameters
    ----------
    blocks : list of Block
        The codebooks.
    normalize_input : {"minmax", "standardize"} or None
        How frames are to be scaled.
    ddof : {0, 1}
        Of standard deviations.
    seed : int
        Fixes what is drawn.
    max_frames : int or None
        Most frames that words are learnt from.
    """

    def __init__(self, blocks, normalize_input, ddof, seed, max_frames):
        self.seed, self.scaling = seed, None
        if normalize_input is not None:
            self.scaling = MinMax() if normalize_input == "minmax" else Moments(ddof)
        self.samples = [Sample(block, max_frames) for block in blocks]
        self._generator = np.random.default_rng(seed)

    def expect(self, classes):
        """Make room for clips of these classes."""
        for sample in self.samples:
            if sample.block.kind == "supervised":
                sample.expect(classes)

    def add(self, clip, label):
        """Take in one clip, (n_frames, n_bands)."""
        for start in range(0, len(clip), _PART):
            frames = np.asarray(clip[start : start + _PART], dtype=np.float32)
            # Every frame has its key, whatever it is used for.
            keys = self._generator.random(len(frames))
            if self.scaling is not None:
                self.scaling.add(frames)
            for sample in self.samples:
                sample.add(keys, frames, label)


def learn(sample, scale, frames, seed):
    """Choose the words of a codebook.

    Parameters
    ----------
    sample : Sample
        Of the training frames.
    scale : callable
        Scales frames of the codebook's columns.
    frames : callable
        Returns all training frames, in these columns and not scaled; used where
        `sample` holds none.
    seed : int
        Seed of the clustering.

    Returns
    -------
    words : ndarray of shape (n_words, n_columns)
        Scaled, float32.
    mixture : estimator or None
        Whose means they are.
    """
    block = sample.block
    if block.kind == "words":
        return block.source, None
    if block.kind == "fitted mixture":
        return block.source.means_.astype(np.float32), block.source
    if not block.clustered:
        _refuse_few(sample)
        chosen = [reservoir.by_key() for reservoir in sample.reservoirs.values()]
        return scale(np.concatenate(chosen)), None
    frames = sample.reservoirs[None].in_order() if sample.reservoirs else frames()
    if len(frames) < block.size:
        raise ValueError(
            f"codebook_size={block.size} words cannot be learnt from {len(frames)} "
            "training frames."
        )
    return _cluster(block, scale(frames), seed)


def _refuse_few(sample):
    """An error where there are not enough different frames to draw from."""
    size = sample.block.size
    for label, reservoir in sample.reservoirs.items():
        if len(reservoir) == reservoir.size:
            continue
        seen = f"{reservoir.n_seen} training frames"
        if label is None:
            raise ValueError(
                f"codebook_size={size} words cannot be drawn from {seen}, of which "
                f"{len(reservoir)} are distinct."
            )
        raise ValueError(
            f"codebook_size={size} is {reservoir.size} words for each of the "
            f"{len(sample.reservoirs)} classes, which cannot be drawn from the {seen} "
            f"of class {label!r}, of which {len(reservoir)} are distinct."
        )


def _cluster(block, frames, seed):
    """Words that are computed from scaled frames."""
    if block.kind in ("clusterer", "mixture"):
        return _fit(block, frames, seed)
    # Sums over threads are in any order, and so in other bits every time.
    with threadpool_limits(limits=1):
        if block.kind == "random++":
            words, _ = kmeans_plusplus(
                frames, block.size, random_state=seed, n_local_trials=1
            )
        else:
            start = "random" if block.kind == "kmeans" else "k-means++"
            kmeans = KMeans(block.size, init=start, n_init=1, random_state=seed)
            words = kmeans.fit(frames).cluster_centers_
    return words.astype(np.float32), None


def _fit(block, frames, seed):
    """Words of a clusterer or of a mixture, which is cloned."""
    soft = block.kind == "mixture"
    estimator = clone(block.source)
    estimator.set_params(**{"n_components" if soft else "n_clusters": block.size})
    if estimator.get_params().get("random_state", seed) is None:
        estimator.set_params(random_state=seed)
    estimator.fit(frames)
    centres = getattr(estimator, "means_" if soft else "cluster_centers_", None)
    if centres is None:
        raise ValueError(
            f"{type(estimator).__name__} as codebook has found no "
            f"{'means_' if soft else 'cluster_centers_'}, which are the words."
        )
    return np.asarray(centres, dtype=np.float32), estimator if soft else None
