"""Sequences with what a network has to make of them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep._checkpoint import array_checksum
from skaudeep._sequence_batches import SequenceBatches

__all__ = ["LabelledClips"]


class LabelledClips(SequenceBatches):
    """Sequences, their targets and their weights.

    Clips without any weight are not trained on.

    Parameters
    ----------
    X : list of ndarray, or ndarray of shape (n_clips, n_frames, n_bands)
        Sequences, as :func:`skaudeep._containers.check_sequences` returns them.
    targets : ndarray of shape (n_clips,) or (n_clips, n_outputs)
        As the objective of the network takes them.
    weight : ndarray of shape (n_clips,) or (n_clips, n_outputs)
        In the loss.
    strata : ndarray of int of shape (n_clips,)
        Of which clips held out are to be a fair sample.

    Raises
    ------
    ValueError
        If there is no weight at all, or one is negative or not finite.
    """

    def __init__(self, X, targets, weight, strata):
        super().__init__(X)
        wrong = weight[~(np.isfinite(weight) & (weight >= 0))]
        if len(wrong):
            raise ValueError(
                "Sample weights (times those of the classes) must be finite and not "
                f"negative, got {wrong[0]}."
            )
        self.targets, self.strata, self.weight = targets, strata, weight
        weighty = weight[self.present].reshape(len(self.present), -1).any(axis=1)
        self.present = self.present[weighty]
        if not len(self.present):
            raise ValueError(
                "All sample weights (times those of the classes) are zero; one at "
                "least must not be."
            )

    def batches(self, items, batch_size, rng=None, max_padding=0.1):
        """Batches as the objective takes them, and what each of them weighs.

        Parameters
        ----------
        items, batch_size, rng, max_padding
            See :meth:`SequenceBatches.iterate`.

        Yields
        ------
        batch : tuple
            Frames, lengths, targets and weights; surplus rows weigh nothing.
        weight : float
            Sum of the weights.
        """
        for index, (frames, lengths) in self.iterate(
            items, batch_size, rng, max_padding
        ):
            surplus = len(frames) - len(index)
            targets, weight = (
                np.pad(a[index], [(0, surplus)] + [(0, 0)] * (a.ndim - 1))
                for a in (self.targets, self.weight)
            )
            yield (frames, lengths, targets, weight), float(weight.sum())

    def mean_loss(self, compiled, items, batch_size):
        """Weighted mean of the network's loss, in inference mode."""
        total, n = 0.0, 0.0
        for batch, weight in self.batches(items, batch_size):
            total += compiled.loss(batch) * weight
            n += weight
        return total / n

    def fingerprint(self):
        """See :meth:`SequenceBatches.fingerprint`."""
        labels = array_checksum([self.targets, self.weight])
        return {**super().fingerprint(), "labels": labels}
