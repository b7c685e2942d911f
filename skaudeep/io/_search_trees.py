"""scikit-learn's trees of neighbours, which are not saved but built again.

A tree is made of the samples that the estimator holds beside it, always in the same
way, so that nothing in it has to be believed.
"""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn.neighbors import BallTree, KDTree

from skaudeep.exceptions import PersistenceError

__all__ = ["build_search_tree", "name_of_search_tree"]

_TREES = {"ball_tree": BallTree, "kd_tree": KDTree}


def name_of_search_tree(tree):
    """What the tree is called, or None if it is none or could not be built again."""
    return next((name for name, cls in _TREES.items() if type(tree) is cls), None)


def build_search_tree(name, state):
    """Build the tree of an estimator.

    Parameters
    ----------
    name : str
        As from `name_of_search_tree`.
    state : dict
        Attributes of the estimator.

    Returns
    -------
    KDTree or BallTree
        As fit built it.
    """
    if name not in _TREES:
        raise PersistenceError(f"{name!r:.80} is no tree of neighbours.")
    return _TREES[name](
        state["_fit_X"],
        state["leaf_size"],
        metric=state["effective_metric_"],
        **state["effective_metric_params_"],
    )
