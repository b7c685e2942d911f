"""Features and labels of what a map is drawn of."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["features_and_labels"]


def features_and_labels(path, corpus_options, settings, model):
    """Features, one row a clip, and labels, None if there are none.

    Parameters
    ----------
    path : Path
        A file of features, or a corpus.
    corpus_options : dict
        For the corpus.
    settings : dict
        The recipe, for a corpus without a model.
    model : Path or None
        A saved pipeline.

    Returns
    -------
    X : ndarray of shape (n_clips, n_features)
        Clips in chunks are the mean of these.
    labels : ndarray of shape (n_clips,) or None
        "?" where they are not known.
    """
    import numpy as np

    from skaudeep import SequenceStatistics, io
    from skaudeep.cli._clips import open_clips
    from skaudeep.cli._fitting import split_pipeline
    from skaudeep.cli._recipe import make_features

    corpus = open_clips(path, corpus_options)
    if "X" in corpus:
        X = corpus.X
    elif model is None:
        X = make_features(settings).fit_transform(corpus.recordings)
    else:
        head, _ = split_pipeline(io.load(model))
        if head is None:
            raise ValueError(f"{model} makes no features of recordings.")
        X = head.transform(corpus.recordings)
    if not (isinstance(X, np.ndarray) and X.ndim == 2):
        X = SequenceStatistics(("mean",)).fit_transform(X)
    labels = corpus.target if np.ndim(corpus.target) == 1 else None
    return X, labels
