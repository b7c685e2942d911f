"""Features of clips with all that is known of the clips."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.utils import Bunch

from skaudeep._version import __version__
from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.io._corpus_fields import corpus_fields
from skaudeep.io._sequences import make_chunks, make_sequences
from skaudeep.io._table_fields import (
    PARTITIONS,
    check_dims,
    check_features,
    check_fold_matrix,
    check_names,
    check_numbers,
    check_partition,
    check_settings,
    check_target,
    check_text,
    count_within,
    is_ragged,
)

__all__ = ["FeatureTable"]

_FIELDS = (
    "features",
    "filenames",
    "target",
    "target_names",
    "chunk_nr",
    "timestamps",
    "partition",
    "cv",
    "groups",
    "feature_names",
    "feature_dims",
    "settings",
    "version",
)


class FeatureTable:
    """Features of clips or chunks, one a row, and what is known of each.

    What `save_features` writes and `load_features` reads. A table does not change:
    methods return new ones.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_features) or with more axes, or list
        Numbers, kept in single precision; NaN where a clip is missing. A DataFrame
        names its columns. Sequences of different lengths are a list or an object array
        of arrays (n_frames, n_features).
    filenames : sequence of str or path-like or None, default=None
        Name of the recording of each row. None numbers them: ``clip_0`` and so on.
    target : array-like of shape (n_rows,) or (n_rows, n_targets) or None, default=None
        Labels (str; ``"?"`` or None where one is not known), or numbers, or several a
        row: an indicator matrix of tags, or columns of labels.
    target_names : sequence of str or dict of str to int or None, default=None
        The classes in their order, or with their numbers; with several targets a row
        the names of the columns. None for the labels, sorted.
    chunk_nr : array-like of int of shape (n_rows,) or None, default=None
        Number of the chunk within its recording, from 0. None counts the rows of the
        same name.
    timestamps : array-like of shape (n_rows,) or None, default=None
        Where the chunk begins, in seconds.
    partition : sequence of str, or dict of str to indices, or None, default=None
        ``"train"``, ``"devel"`` or ``"test"`` for each row, ``""`` for none of them; or
        rows by partition.
    cv : PredefinedFolds or array-like of shape (n_rows, n_folds) or None, default=None
        Folds; as a matrix 0 where a row is trained on, 1 where it is tested on, -1
        where it is in neither part.
    groups : sequence of str of length n_rows or None, default=None
        What must not stand on both sides of a split.
    feature_names : sequence of str or None, default=None
        Names of the columns of two-dimensional features.
    feature_dims : sequence of str or None, default=None
        Names of the axes behind the rows. None for ``("generated",)``, and ``("time",
        "freq")`` for two of them.
    settings : dict or None, default=None
        How the features were made; whatever JSON can hold.
    version : str or None
        Version of skaudeep that made them, this one by default; None for files of
        others.

    Attributes
    ----------
    features : ndarray of shape (n_rows, ...)
        Float32; or an object array of float32 arrays (n_frames, n_features).
    filenames : ndarray of shape (n_rows,) of str
        Names of the recordings.
    target : ndarray or None
        Array of str, int64 or float64.
    target_names : ndarray of str or None
        Classes, or names of the columns.
    label_map : dict of str to int or None
        Numbers of the classes; None if the target is not one label a row.
    target_numeric : ndarray of shape (n_rows,) of int or None
        Number of each row's class, -1 where the label is not known.
    chunk_nr : ndarray of shape (n_rows,) of int
        Number of the chunk within its recording.
    timestamps : ndarray of shape (n_rows,) or None
        In seconds.
    partition : ndarray of shape (n_rows,) of str or None
        Partition of each row.
    partitions : Bunch of ndarray of int or None
        Rows of each partition that has any.
    cv : PredefinedFolds or None
        Folds, for ``cv=`` of scikit-learn. Indices are in ascending order.
    cv_folds : ndarray of shape (n_rows, n_folds) of int or None
        The same as a matrix.
    clips : ndarray of shape (n_rows,) of int
        Index of each row's recording, counted in the order in which they first occur.
        Where the chunks of a recording stand together, `majority_vote` takes it for
        `groups`.
    groups : ndarray of shape (n_rows,) of str or None
        Groups.
    feature_names : list of str or None
        Names of the columns.
    feature_dims : tuple of str
        Names of the axes.
    settings : dict
        Settings.
    version : str or None
        Version.

    See Also
    --------
    save_features : Writes it.
    load_features : Reads it.

    Examples
    --------
    >>> from skaudeep.io import FeatureTable
    >>> table = FeatureTable(
    ...     [[0.5, 1.0], [0.25, 2.0], [1.5, 0.0]],
    ...     ["a.wav", "a.wav", "b.wav"],
    ...     target=["park", "park", "tram"],
    ... )
    >>> table
    FeatureTable(n_rows=3, n_clips=2, shape=(2,), classes=['park', 'tram'])
    >>> table.chunk_nr, table.target_numeric
    (array([0, 1, 0]), array([0, 0, 1]))
    """

    def __init__(
        self,
        features,
        filenames=None,
        *,
        target=None,
        target_names=None,
        chunk_nr=None,
        timestamps=None,
        partition=None,
        cv=None,
        groups=None,
        feature_names=None,
        feature_dims=None,
        settings=None,
        version=__version__,
    ):
        self.features, columns = check_features(features)
        n_rows = len(self.features)
        if filenames is None:
            filenames = [f"clip_{i}" for i in range(n_rows)]
        self.filenames = check_names(filenames, n_rows, "filenames")
        self.target, self.target_names, self.label_map = check_target(
            target, target_names, n_rows
        )
        if chunk_nr is None:
            chunk_nr = count_within(self.filenames)
        self.chunk_nr = check_numbers(chunk_nr, n_rows, "chunk_nr", np.int64)
        self.timestamps = timestamps
        if timestamps is not None:
            self.timestamps = check_numbers(
                timestamps, n_rows, "timestamps", np.float64
            )
        self.partition = check_partition(partition, n_rows)
        self.cv_folds = check_fold_matrix(cv, n_rows)
        self.groups = groups
        if groups is not None:
            self.groups = check_names(groups, n_rows, "groups")
        self.feature_names = columns if feature_names is None else feature_names
        if self.feature_names is not None:
            self.feature_names = self._check_feature_names(self.feature_names)
        self.feature_dims = check_dims(feature_dims, self.features)
        self.settings = check_settings(settings)
        self.version = version

    def _check_feature_names(self, names):
        if self.features.ndim != 2:
            raise ValueError(
                "feature_names name the columns of two-dimensional features, got "
                f"{self.features.ndim - 1} axes behind the rows."
            )
        n_features = self.features.shape[1]
        if isinstance(names, str):
            raise ValueError(f"feature_names must be a list, got the text {names!r}.")
        names = [str(name) for name in names]
        check_text(names, "feature_names")
        if len(names) != n_features or len(set(names)) < n_features or "" in names:
            raise ValueError(
                f"feature_names must be {n_features} different names, got {len(names)} "
                f"names, {len(set(names))} of them different."
            )
        return names

    @classmethod
    def from_corpus(cls, corpus, features, *, clips=None, root=None, **more):
        """Features of a corpus as its loader returned it.

        Parameters
        ----------
        corpus : Bunch
            With `recordings` and whatever it has of `target`, `target_names`,
            `groups`, `cv` and `partitions`.
        features : array-like
            One row for each recording, or, with `clips`, for each chunk.
        clips : array-like of int of shape (n_rows,) or None, default=None
            Index of the recording of each row, as ``Chunker.groups_``.
        root : path-like or None, default=None
            Folder that the names are relative to. None for the one that all recordings
            have in common.
        **more
            Further parameters, such as `settings`.

        Returns
        -------
        FeatureTable
            The table.
        """
        fields = corpus_fields(corpus, clips, root)
        return cls(features, **{**fields, **more})

    def replace(self, **changes):
        """Return a table in which some fields are others.

        Parameters
        ----------
        **changes
            Parameters of the constructor.

        Returns
        -------
        FeatureTable
            With the other fields as they are here.
        """
        unknown = sorted(set(changes) - set(_FIELDS))
        if unknown:
            raise TypeError(f"A table has no field {unknown[0]!r}; it has {_FIELDS}.")
        fields = {name: getattr(self, name) for name in _FIELDS}
        fields["cv"] = self.cv_folds
        if self.label_map is not None:
            fields["target_names"] = self.label_map
        if "target" in changes:
            fields["target_names"] = None
        if "features" in changes:
            fields["feature_names"] = fields["feature_dims"] = None
        return type(self)(**{**fields, **changes})

    def take(self, rows):
        """Return a table of some of the rows.

        Parameters
        ----------
        rows : array-like of int or bool
            Indices of the rows in the order in which they are wanted, or a mask.

        Returns
        -------
        FeatureTable
            With the folds and partitions of these rows.
        """
        rows = np.arange(len(self.features))[np.asarray(rows)]
        fields = {
            name: getattr(self, name)[rows]
            for name in ("filenames", "target", "chunk_nr", "timestamps", "partition")
            if getattr(self, name) is not None
        }
        if self.cv_folds is not None:
            fields["cv"] = self.cv_folds[rows]
        if self.groups is not None:
            fields["groups"] = self.groups[rows]
        names = self.target_names if self.label_map is None else self.label_map
        return self.replace(
            features=self.features[rows],
            feature_names=self.feature_names,
            feature_dims=self.feature_dims,
            target_names=names,
            **fields,
        )

    def to_chunks(self, hop=None):
        """Make a row of every frame or chunk of sequences.

        Parameters
        ----------
        hop : float or None, default=None
            Seconds from one to the next, for the timestamps. None for no timestamps.

        Returns
        -------
        FeatureTable
            Two-dimensional: `chunk_nr` counts within each sequence.
        """
        return make_chunks(self, hop)

    def to_sequences(self):
        """Make a sequence of the chunks of every recording.

        Returns
        -------
        FeatureTable
            One row a recording, in the order in which they first occur, with an object
            array of its chunks in the order of their numbers. What else is known of the
            recording is that of its first row, and must be the same in all of them.
        """
        return make_sequences(self)

    @property
    def target_numeric(self):
        """Number of each row's class, -1 where the label is not known."""
        if self.label_map is None:
            return None
        numbers = {**self.label_map, UNKNOWN: -1}
        return np.array([numbers[label] for label in self.target.tolist()], np.int64)

    @property
    def partitions(self):
        """Rows of each partition that has any."""
        if self.partition is None:
            return None
        rows = {name: np.flatnonzero(self.partition == name) for name in PARTITIONS}
        return Bunch(**{name: index for name, index in rows.items() if len(index)})

    @property
    def cv(self):
        """Folds, for ``cv=`` of scikit-learn."""
        if self.cv_folds is None:
            return None
        return PredefinedFolds(
            (np.flatnonzero(column == 0), np.flatnonzero(column == 1))
            for column in self.cv_folds.T
        )

    @property
    def clips(self):
        """Index of each row's recording."""
        numbers = {}
        names = self.filenames.tolist()
        return np.array([numbers.setdefault(name, len(numbers)) for name in names])

    def __len__(self):
        return len(self.features)

    def __repr__(self):
        shape = self.features.shape[1:]
        if is_ragged(self.features):
            shape = ("n_frames", self.features[0].shape[1])
        parts = [
            f"n_rows={len(self)}",
            f"n_clips={max(self.clips) + 1}",
            f"shape={shape}".replace("'", ""),
        ]
        if self.target_names is not None:
            kind = "targets" if self.label_map is None else "classes"
            parts.append(f"{kind}={self.target_names.tolist()}")
        if self.partition is not None:
            parts.append(f"partitions={list(self.partitions)}")
        if self.cv_folds is not None:
            parts.append(f"n_folds={self.cv_folds.shape[1]}")
        return f"{type(self).__name__}({', '.join(parts)})"
