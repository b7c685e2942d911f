"""What is trained and tested on: a corpus, or a file of features."""
# SPDX-License-Identifier: BSD-3-Clause

import click

from skaudeep.cli._corpus import open_corpus
from skaudeep.cli._inspect_features import is_features

__all__ = ["open_clips"]


def open_clips(path, options, settings=None):
    """The clips of a path.

    Parameters
    ----------
    path : Path
        A corpus, or a file of features.
    options : dict
        What :func:`skaudeep.cli._corpus.corpus_options` collects.
    settings : dict or None, default=None
        The recipe, to check that it suits a file of features.

    Returns
    -------
    Bunch
        As of :func:`skaudeep.cli._corpus.open_corpus`, or with ``X`` as of
        :func:`skaudeep.cli._feature_corpus.open_features`.
    """
    if not is_features(path):
        return open_corpus(path, **options)
    from skaudeep.cli._feature_corpus import check_feature_settings, open_features

    given = {name: value for name, value in options.items() if value}
    n_folds = given.pop("folds", None)
    if given:
        raise click.UsageError(
            f"{path} is a file of features: --{next(iter(given)).replace('_', '-')} "
            "is not for it."
        )
    corpus = open_features(path, n_folds)
    if settings is not None:
        check_feature_settings(path, settings, corpus)
    return corpus
