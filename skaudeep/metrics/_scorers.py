"""Scorers, to be handed to ``scoring=``."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn.metrics import make_scorer

from skaudeep.metrics._recall import unweighted_average_recall

__all__ = ["uar_scorer"]

uar_scorer = make_scorer(unweighted_average_recall)
