"""Decisions of several classifiers, fused with weights."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin, MetaEstimatorMixin
from sklearn.utils import check_consistent_length, get_tags, indexable
from sklearn.utils.metadata_routing import _raise_for_params
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import (
    _check_method_params,
    check_is_fitted,
    column_or_1d,
)

from skaudeep._base import MostProbableClassMixin
from skaudeep._parallel import progress_bar
from skaudeep._validation import Interval, StrOptions
from skaudeep.classifiers._fusion_members import (
    SharedRows,
    ask,
    collect,
    fit_and_ask,
    make_folds,
)
from skaudeep.classifiers._fusion_routing import SCORER, SPLITTER, FusionRouting
from skaudeep.classifiers._fusion_search import Judge, tune
from skaudeep.classifiers._named_members import NamedMembers, is_dropped

__all__ = ["WeightedFusionClassifier"]


class WeightedFusionClassifier(
    FusionRouting,
    MostProbableClassMixin,
    MetaEstimatorMixin,
    ClassifierMixin,
    NamedMembers,
):
    """Fuse the decisions of several classifiers, with weights found out of fold.

    The fused probabilities are the weighted mean of those of the members. Which
    weights are best is found on predictions of an inner cross-validation, so never on
    clips that a member was trained on; afterwards all members are trained on all clips.

    Parameters
    ----------
    estimators : list of (str, classifier) tuples
        The members and their names, any of scikit-learn's classifiers or pipelines,
        of different models, channels or features. ``set_params(name="drop")`` leaves
        one out.
    weights : {"simplex", "score"}, array-like of shape (n_estimators,) or None, \
            default="simplex"
        "simplex" tries all weights that are multiples of `step` and sum to 1, as [1]_
        does, and takes those of the best out-of-fold score. "score" makes them
        proportional to the members' own out-of-fold scores, as [2]_ does; a member
        whose score is not positive gets none. Numbers are the weights themselves, None
        makes all equal; neither takes an inner cross-validation.
    voting : {"soft", "majority"}, default="soft"
        "soft" fuses probabilities. Under "majority" every member has one vote, as
        heavy as its weight, for the label it predicts.
    step : float, default=0.1
        Of the grid of "simplex": 1 divided by a whole number.
    cv : int, splitter, iterable of (train, test) or None, default=None
        The inner cross-validation; None is 5 folds. An int makes stratified folds,
        and if `groups` are passed to :meth:`fit`, such that no group is torn apart.
        Folds need not partition X, as in
        :class:`~skaudeep.datasets.PredefinedFolds`: all predictions count.
    scoring : {"uar", "accuracy"}, str or callable, default="uar"
        What "simplex" and "score" look at: unweighted average recall, accuracy, or
        any name or scorer of scikit-learn. It scores the predictions of all folds
        together.
    n_jobs : int or None, default=None
        Number of fits at once: every member is fitted in every fold and on all.
    verbose : int, default=0
        1 shows a progress bar of the fits.

    Attributes
    ----------
    estimators_ : list of classifier
        The fitted members, without those that were dropped.
    named_estimators_ : Bunch
        The same by name, and "drop" for those.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    weights_ : ndarray of shape (n_members,)
        Weights of `estimators_`, sum 1.
    scores_ : ndarray of shape (n_members,)
        Out-of-fold scores of `estimators_`, each alone; only with an inner
        cross-validation, as are the next two.
    cv_score_ : float
        Out-of-fold score of the fusion. As the best of many it is optimistic under
        "simplex"; see :func:`fusion_optimism`.
    search_ : dict of str to ndarray
        Only of "simplex": "weights", of shape (n_points, n_members), and "scores", of
        shape (n_points,), of all points of the grid, in lexicographic order.
    n_features_in_ : int
        Number of columns, if X was features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was features that had some.

    See Also
    --------
    fusion_optimism : What the tuning of weights promises and what it holds.
    skaudeep.audio.make_channel_union : Fuses the features of channels instead.
    sklearn.ensemble.VotingClassifier : Fixed weights; its ties go otherwise.
    sklearn.ensemble.StackingClassifier : Learns a classifier of the decisions.

    Notes
    -----
    For n members and a step of 0.1, the grid has 1, 11, 66, 286, 1001, 3003 points (n
    = 1 to 6). Among points of the same score (to 1e-10) the most even one is taken, the
    one of the smallest sum of squares; among these the first, that is the one with the
    smallest weight of the first member, then of the second, and so on. So members that
    add nothing get no weight because of noise only, and clones of each other get equal
    ones. With more members, fuse in stages: a fusion may be a member of another one.

    If labels have equally many votes under "majority", the one with the highest
    weighted sum of probabilities is taken, among members that know some; if no member
    does, or if the sums are equal, the smallest label. This is the rule of
    :func:`~skaudeep.audio.majority_vote`. Under "soft", too, the smallest of equals is
    taken.

    There is no ``decision_function``: decision values of different models have no
    common scale. A member with nothing else goes into "soft" through
    :class:`~sklearn.calibration.CalibratedClassifierCV`.

    Scorers get a classifier that knows the fused probabilities only; their X is the
    numbers of the predictions, one column. For "uar" and "accuracy" thousands of
    points take seconds; every other scorer is called once a point.

    ``sample_weight`` goes to all members, and to "uar" and "accuracy". ``groups`` go
    to the splitter of the inner cross-validation and to members that take them in
    ``fit``, as fusions do. A member that is a pipeline hands both to its last step.
    With scikit-learn's metadata routing, both and all else go to the members, the
    splitter and the scorer that request them.

    A member that is a :class:`~sklearn.pipeline.Pipeline` with ``memory``, and begins
    with steps that look at every clip by itself, shares them: they are done once for
    all clips, kept in the memory, and the folds take their rows. Members with the same
    such steps and the same memory share the result, members of fusions that are
    members included. :class:`~skaudeep.audio.ChannelSplitter`, the spectrograms,
    :class:`~skaudeep.audio.MFCC` and :class:`~skaudeep.audio.SpectrogramPicture` are
    such steps. The numbers are the same with and without.

    References
    ----------
    .. [1] S. Amiriparian, "Deep Representation Learning Techniques for Audio Signal
       Processing", PhD thesis, Technical University of Munich, 2019.
    .. [2] S. Amiriparian, M. Freitag, N. Cummins and B. Schuller, "Sequence to
       Sequence Autoencoders for Unsupervised Representation Learning from Audio",
       Proc. DCASE 2017 Workshop.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skaudeep.classifiers import WeightedFusionClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> fusion = WeightedFusionClassifier(
    ...     [
    ...         ("neighbours", KNeighborsClassifier()),
    ...         ("bayes", GaussianNB()),
    ...         ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
    ...     ]
    ... )
    >>> fusion.fit(X, y).weights_
    array([0.4, 0.6, 0. ])
    >>> fusion.scores_.round(3), round(fusion.cv_score_, 3)
    (array([0.678, 0.969, 0.895]), 0.978)
    """

    _parameter_constraints = {
        "estimators": [list, tuple],
        "weights": [StrOptions({"simplex", "score"}), "array-like", None],
        "voting": [StrOptions({"soft", "majority"})],
        "step": [Interval(Real, 0, 1, closed="right")],
        "cv": ["cv_object"],
        "scoring": [str, callable],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    # Says to other fusions that encodings may be passed on.
    _takes_shared_rows = True

    def __init__(
        self,
        estimators,
        weights="simplex",
        *,
        voting="soft",
        step=0.1,
        cv=None,
        scoring="uar",
        n_jobs=None,
        verbose=0,
    ):
        self.estimators = estimators
        self.weights = weights
        self.voting = voting
        self.step = step
        self.cv = cv
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None, groups=None, **fit_params):
        """Find the weights, and train the members on all clips.

        Parameters
        ----------
        X : recordings, sequences, pictures or features
            What the members take.
        y : array-like of shape (n_clips,)
            One label a clip.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip in the members and in the score.
        groups : array-like of shape (n_clips,) or None, default=None
            For the inner cross-validation: where clips come from, such as the place
            of recording. Clips of a group are all trained on or all tested.
        **fit_params : dict
            Other parameters of the members' ``fit``, by scikit-learn's metadata
            routing.

        Returns
        -------
        WeightedFusionClassifier
            This estimator.
        """
        _raise_for_params(fit_params, self, "fit")
        self._validate_params()
        names, members = self._check_members()
        self._check_probabilities(names, members)
        weights = self._given_weights()
        if not isinstance(X, SharedRows):
            X = SharedRows(*indexable(X))
        y = self._check_labels(y)
        sample_weight = _check_weights_of_samples(sample_weight)
        check_consistent_length(X, y, sample_weight, groups)
        params = self._route(names, members, sample_weight, groups, fit_params)
        splits = []
        if weights is None:
            to_cv = params.get(SPLITTER, {"split": {}})["split"]
            splits = make_folds(
                self.cv, X.plain, y, groups, to_cv, "the inner cross-validation"
            )
        X.prepare(members)
        classes = np.unique(y)
        jobs = (
            delayed(fit_and_ask)(
                member, X, y, params[name]["fit"], split, classes, self.voting
            )
            for name, member in zip(names, members, strict=True)
            for split in [*splits, None]
        )
        results = self._run(jobs, len(members) * (len(splits) + 1))
        per_member = len(splits) + 1
        self.estimators_ = results[per_member - 1 :: per_member]
        self._note_members(names)
        self.classes_ = classes
        for name in ("scores_", "cv_score_", "search_"):
            vars(self).pop(name, None)
        if weights is None:
            answers = [
                results[first : first + len(splits)]
                for first in range(0, len(results), per_member)
            ]
            rows = np.concatenate([test for _, test in splits])
            to_scorer = params.get(SCORER, {"score": {}})["score"]
            judge = Judge(
                self.scoring,
                y[rows],
                classes,
                None if sample_weight is None else sample_weight[rows],
                _check_method_params(X, to_scorer, indices=rows),
            )
            found = tune(self.weights, self.step, collect(answers), judge)
            weights = found.weights
            self.scores_, self.cv_score_ = found.members, found.score
            if found.search is not None:
                self.search_ = found.search
        self.weights_ = weights
        return self

    def predict_proba(self, X):
        """Fused probabilities, or shares of the votes.

        Parameters
        ----------
        X : recordings, sequences, pictures or features
            What the members take.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            In the order of ``classes_``. Under "majority" the sum of the weights of
            the members that voted for a label; of equal sums, that of the label
            :meth:`predict` takes is larger by one rounding error.
        """
        check_is_fitted(self, "estimators_")
        X = SharedRows.of(X, encoded={})
        answers = [
            [ask(member, X, self.classes_, self.voting)] for member in self.estimators_
        ]
        return collect(answers).shares(self.weights_)

    def _check_probabilities(self, names, members):
        for name, member in zip(names, members, strict=True):
            if self.voting == "soft" and not hasattr(member, "predict_proba"):
                raise ValueError(
                    f"Member {name!r} has no predict_proba, which voting='soft' needs: "
                    f"{member!r}. Wrap it, CalibratedClassifierCV(...), or let labels "
                    "count: voting='majority'."
                )

    def _given_weights(self):
        """Normalised weights of the members, or None if these are to be found."""
        if isinstance(self.weights, str):
            return None
        kept = [not is_dropped(member) for _, member in self.estimators]
        if self.weights is None:
            return np.full(sum(kept), 1 / sum(kept))
        weights = column_or_1d(self.weights, dtype=np.float64)
        if len(weights) != len(kept):
            raise ValueError(
                f"weights must have one number for each of the {len(kept)} estimators, "
                f"got {len(weights)}."
            )
        if not np.all(np.isfinite(weights) & (weights >= 0)):
            raise ValueError(
                f"weights must be finite and not negative, got {self.weights!r}."
            )
        weights = weights[kept]
        if not weights.any():
            raise ValueError(
                f"weights must not all be zero, got {self.weights!r} for members of "
                "which at least one must count."
            )
        return weights / weights.sum()

    def _check_labels(self, y):
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but "
                "the target y is None."
            )
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"y must hold at least two classes, got {len(classes)} class: "
                f"{classes.tolist()}."
            )
        return y

    def _run(self, jobs, n_jobs):
        parallel = Parallel(n_jobs=self.n_jobs, return_as="generator")
        results = []
        with progress_bar(
            n_jobs, verbose=self.verbose, description="Members", unit="fit"
        ) as bar:
            for result in parallel(jobs):
                bar.update(1)
                results.append(result)
        return results

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        members = [
            get_tags(item) for _, item in self.estimators if not is_dropped(item)
        ]
        tags.classifier_tags.multi_class = all(
            member.classifier_tags is None or member.classifier_tags.multi_class
            for member in members
        )
        for name in ("sparse", "allow_nan", "three_d_array", "string"):
            common = all(getattr(member.input_tags, name) for member in members)
            setattr(tags.input_tags, name, common)
        return tags


def _check_weights_of_samples(sample_weight):
    if sample_weight is None:
        return None
    sample_weight = column_or_1d(sample_weight, dtype=np.float64)
    if not np.all(np.isfinite(sample_weight) & (sample_weight >= 0)):
        worst = sample_weight[~(np.isfinite(sample_weight) & (sample_weight >= 0))][0]
        raise ValueError(f"sample_weight must be finite and not negative, got {worst}.")
    if not sample_weight.any():
        raise ValueError(
            "sample_weight must hold a weight that is not zero, got "
            f"{len(sample_weight)} zeros."
        )
    return sample_weight
