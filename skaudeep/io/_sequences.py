"""Rows of a table into chunks, and into sequences of chunks."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep.io._table_fields import is_ragged

__all__ = ["make_chunks", "make_sequences"]


def make_chunks(table, hop):
    """What `FeatureTable.to_chunks` returns."""
    if not is_ragged(table.features) and table.features.ndim != 3:
        raise ValueError(
            "Only sequences, (n_clips, n_frames, n_features), become chunks; "
            f"features have the shape {table.features.shape}."
        )
    lengths = [len(sequence) for sequence in table.features]
    numbers = np.concatenate([np.arange(length) for length in lengths])
    taken = table.take(np.repeat(np.arange(len(lengths)), lengths))
    return taken.replace(
        features=np.concatenate(list(table.features)),
        chunk_nr=numbers,
        timestamps=None if hop is None else numbers * float(hop),
    )


def make_sequences(table):
    """What `FeatureTable.to_sequences` returns."""
    if table.features.ndim != 2:
        raise ValueError(
            "Only two-dimensional features become sequences, got the axes "
            f"{('instance', *table.feature_dims)}."
        )
    order = np.lexsort((table.chunk_nr, table.clips))
    starts = np.flatnonzero(np.diff(table.clips[order], prepend=-1))
    first = order[starts]
    same = first[table.clips]
    for name in ("target", "partition", "cv_folds", "groups"):
        values = getattr(table, name)
        differ = np.zeros(0) if values is None else _differ(values, values[same])
        if differ.any():
            recording = str(table.filenames[differ][0])
            raise ValueError(
                f"{name} differs between the chunks of {recording!r}, so they "
                "cannot be one row."
            )
    sequences = np.empty(len(first), dtype=object)
    for i, rows in enumerate(np.split(order, starts[1:])):
        sequences[i] = table.features[rows]
    return table.take(first).replace(features=sequences, chunk_nr=None, timestamps=None)


def _differ(values, others):
    """Rows that are not the same; NaN is the same as NaN."""
    differ = (values != others) & ((values == values) | (others == others))
    return differ.reshape(len(values), -1).any(axis=1)
