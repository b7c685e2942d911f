"""Finds the one event of a kind in a long recording, or says that there is none."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_is_fitted

from skaudeep._containers import check_sequences, missing_clips
from skaudeep._crnn_parameters import CRNNParametersMixin
from skaudeep._event_lists import check_event_lists
from skaudeep._missing import present_clips
from skaudeep._network_estimator import NetworkEstimator
from skaudeep._random import draw_seed
from skaudeep._validation import Interval, StrOptions
from skaudeep.events._frame_curve import FrameCurve
from skaudeep.events._frame_labels import frame_labels
from skaudeep.events._peak_decisions import PeakDecisionMixin
from skaudeep.events._peaks import ONSET_RULES
from skaudeep.events._published_settings import PUBLISHED_SETTINGS
from skaudeep.events._window_network import WindowNetwork
from skaudeep.metrics import event_based_scores

__all__ = ["RareEventDetector"]


class RareEventDetector(PeakDecisionMixin, CRNNParametersMixin, BaseEstimator):
    """Detects an event that occurs at most once in a clip, and when it begins.

    Convolutional recurrent networks read the clip through windows of several lengths
    that move by one frame. The probability of a frame is the mean over all windows
    that hold it and over all networks. If the clip's highest one reaches `threshold`,
    there is an event; its onset is found by looking back from there.

    Parameters
    ----------
    event_label : str, default="event"
        The events to be found; others in y are left aside.
    time_steps : tuple of int, default=(5, 9, 50)
        Frames of the windows. For each of them a network is trained.
    threshold : float, default=0.8
        A clip whose highest probability is at least this has an event.
    onset_threshold : float, default=0.5
        Only frames above it belong to the event, besides the highest.
    look_back : float or None, default=None
        Seconds before the highest probability at which the event may have begun. None
        is the longest event of the training.
    onset_rule : {"window", "run"}, default="window"
        The onset is the earliest frame within `look_back` above `onset_threshold`, or
        the earliest of those that follow each other without a gap up to the highest
        one. The publication can be read in both ways.
    hop : float, default=0.023
        From one frame of X to the next, in seconds.
    window : float, default=0.046
        Length of a frame, in seconds: the first one's centre is at half of it.
    sliding : bool, default=True
        Whether windows move by one frame when probabilities are asked for. If False
        they stand side by side, as in training. May be changed after ``fit``.
    training_hop : int or None, default=None
        Frames from one training window to the next; None lays them side by side.
    positive_weight : float or "balanced", default=1.0
        How much a frame of the event counts in the loss, if any other counts 1.
        "balanced" makes both kinds count the same in all.
    n_filters : int, default=128
        Filters of either convolution.
    kernel_size : int or (int, int), default=3
        Frames and bands that the first convolution sees; an int is both.
    pool_size : int, default=4
        Bands of which the first convolution's maximum is taken.
    band_filter_length : int, default=32
        Groups of bands that the second convolution sees, all of them if there are
        fewer.
    cell : {"lstm", "gru"}, default="lstm"
        Recurrent cell.
    direction : {"backward", "forward", "bidirectional"}, default="backward"
        How the recurrent layers read.
    n_layers : int, default=2
        Recurrent layers.
    n_units : int, default=128
        Units of each of them.
    n_dense : int, default=128
        Units of the dense layer behind them.
    dropout : float, default=0.3
        Share of the convolutions' outputs set to zero in training.
    learning_rate : float or callable, default=1e-3
        Step size of Adam. A callable takes the number of the epoch, from 0.
    gradient_clip : float or None, default=None
        Gradients are clipped to plus and minus this, element by element.
    max_epochs : int, default=100
        Passes over the training clips.
    batch_size : int, default=64
        Windows in a training step.
    early_stopping : bool, default=False
        Whether to hold clips out, with and without the event in proportion and the same
        for all networks, and to stop when their loss no longer falls.
    validation_fraction : float, default=0.1
        Share of the clips held out.
    n_iter_no_change : int, default=15
        Epochs without a lower loss after which training stops.
    warm_start : bool, default=False
        Whether ``fit`` goes on where the last one ended.
    callbacks : list of callable or None, default=None
        Factories of Keras callbacks, called for every network.
    checkpoint_dir : path-like or None, default=None
        Folder in which the state of every network is kept, from which a killed
        training goes on.
    random_state : int, RandomState instance or None, default=None
        Fixes initial weights, dropout and the order of the windows.
    verbose : int, default=0
        1 shows a progress bar for every network.

    Attributes
    ----------
    networks_ : dict of int to estimator
        By length of the window.
    history_ : dict of int to dict of list of float
        "loss" of every epoch, and "val_loss" with early stopping.
    n_epochs_ : dict of int to int
        Epochs trained.
    threshold_, onset_threshold_, look_back_, onset_rule_ : float, float, float, str
        What decides: the parameters, or what ``tune_thresholds`` found.
    longest_event_ : float
        Seconds of the longest event in training.
    hop_, window_, event_label_ : float, float, str
        As they were in `fit`.
    tuning_ : Bunch
        What ``tune_thresholds`` saw, if it was called.
    n_bands_in_ : int
        Bands of a frame.
    n_features_in_ : int
        Width of X, if it was a 2-D array in `fit`.

    See Also
    --------
    EventDetectorUnion : Detectors of several events as one.
    skaudeep.classifiers.CRNNClassifier : The network for whole clips.
    skaudeep.metrics.event_based_scores : What `score` is made of.

    Notes
    -----
    A frame is one of the event if its centre lies between onset and offset. An event
    is reported from half a hop before the centre of its first frame to half a hop
    behind that of its last, where the frames that follow the highest without a gap are
    no longer above `onset_threshold`.

    Of the published networks [1]_ neither the number nor the size of the convolutions'
    filters is known; those here are an assumption, as is `look_back`. Windows share
    the work of the convolutions when probabilities are asked for, which changes
    nothing in the numbers, if the first one sees one frame or three.

    References
    ----------
    .. [1] S. Amiriparian, "Deep Representation Learning Techniques for Audio Signal
       Processing", doctoral thesis, Technical University of Munich, 2019, chapter 7
       and section 8.2.
    .. [2] H. Lim, J. Park, K. Lee, Y. Han, "Rare sound event detection using 1D
       convolutional recurrent neural networks", DCASE 2017.

    Examples
    --------
    Noise, in half of the clips with a tone from 0.4 s on:

    >>> import numpy as np
    >>> from skaudeep.events import RareEventDetector
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 0, (20, 50, 6))
    >>> X[::2, 20:30, 2] = 1
    >>> y = [[(0.4, 0.6, "tone")] if i % 2 == 0 else [] for i in range(20)]
    >>> detector = RareEventDetector(
    ...     "tone", (5,), hop=0.02, window=0.02, n_filters=8, n_layers=1, n_units=8,
    ...     n_dense=8, max_epochs=30, learning_rate=0.02, random_state=0,
    ... ).fit(X, y)
    >>> detector.score(X, y)
    1.0
    >>> [(round(e.onset, 2), e.label) for e in detector.predict(X[:1])[0]]
    [(0.4, 'tone')]
    """

    _parameter_constraints: dict = {
        **NetworkEstimator._training_constraints,
        **NetworkEstimator._early_stopping_constraints,
        "event_label": [str],
        "time_steps": [tuple, list],
        "threshold": [Interval(Real, 0, 1, closed="both")],
        "onset_threshold": [Interval(Real, 0, 1, closed="both")],
        "look_back": [Interval(Real, 0, None, closed="left"), None],
        "onset_rule": [StrOptions(set(ONSET_RULES))],
        "hop": [Interval(Real, 0, None, closed="neither")],
        "window": [Interval(Real, 0, None, closed="neither")],
        "sliding": ["boolean"],
        "training_hop": [Interval(Integral, 1, None, closed="left"), None],
        "positive_weight": [
            StrOptions({"balanced"}),
            Interval(Real, 0, None, closed="neither"),
        ],
        **CRNNParametersMixin._crnn_constraints,
        "batch_size": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        event_label="event",
        time_steps=(5, 9, 50),
        *,
        threshold=0.8,
        onset_threshold=0.5,
        look_back=None,
        onset_rule="window",
        hop=0.023,
        window=0.046,
        sliding=True,
        training_hop=None,
        positive_weight=1.0,
        n_filters=128,
        kernel_size=3,
        pool_size=4,
        band_filter_length=32,
        cell="lstm",
        direction="backward",
        n_layers=2,
        n_units=128,
        n_dense=128,
        dropout=0.3,
        learning_rate=1e-3,
        gradient_clip=None,
        max_epochs=100,
        batch_size=64,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=15,
        warm_start=False,
        callbacks=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ):
        self.event_label = event_label
        self.time_steps = time_steps
        self.threshold = threshold
        self.onset_threshold = onset_threshold
        self.look_back = look_back
        self.onset_rule = onset_rule
        self.hop = hop
        self.window = window
        self.sliding = sliding
        self.training_hop = training_hop
        self.positive_weight = positive_weight
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.band_filter_length = band_filter_length
        self.cell = cell
        self.direction = direction
        self.n_layers = n_layers
        self.n_units = n_units
        self.n_dense = n_dense
        self.dropout = dropout
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
        self.verbose = verbose

    @classmethod
    def from_preset(cls, name, **params):
        """A detector with published settings.

        Parameters
        ----------
        name : {"babycry", "glassbreak", "gunshot"}
            Class of TUT Rare Sound Events 2017, which becomes the `event_label`. The
            settings stand in ``skaudeep.events.PUBLISHED_SETTINGS``.
        **params
            Other parameters, or other values.

        Returns
        -------
        RareEventDetector
            Not fitted.
        """
        if name not in PUBLISHED_SETTINGS:
            raise ValueError(
                f"name must be one of {sorted(PUBLISHED_SETTINGS)}, got {name!r}."
            )
        return cls(**{"event_label": name, **PUBLISHED_SETTINGS[name], **params})

    def fit(self, X, y):
        """Train the networks.

        Parameters
        ----------
        X : list or object array of arrays of shape (n_frames, n_bands), or array of \
                shape (n_clips, n_frames, n_bands) or (n_clips, n_frames)
            Sequences. A clip that is NaN throughout is missing; it takes no part, which
            draws a warning.
        y : list of event lists
            For every clip its events: ``(onset, offset, label)`` in seconds.

        Returns
        -------
        RareEventDetector
            This estimator.

        Raises
        ------
        ValueError
            If y has no event of `event_label`, or not as many lists as X has clips.
        FloatingPointError
            If training diverges.
        """
        self._validate_params()
        time_steps = self._check_time_steps()
        continues = self.warm_start and self.__sklearn_is_fitted__()
        X = check_sequences(self, X, reset=not continues)
        y = self._check_events(X, y)
        present = present_clips(X)
        clips, y = [X[i] for i in present], [y[i] for i in present]
        if not any(y):
            raise ValueError(
                f"y must have an event with the label {self.event_label!r} (the "
                "event_label) in a clip that is not missing; there is none."
            )
        active = self._active_frames(clips, y)
        durations = self._durations(clips, y)
        previous = self.networks_ if continues else {}
        if continues and list(previous) != list(time_steps):
            raise ValueError(
                f"time_steps is {time_steps}, but the networks whose training is to "
                f"be continued have {tuple(previous)}."
            )
        # Each network has weights and an order of its own, all hold out the same clips.
        seeds, split_seed = [None] * len(time_steps), 0
        if self.random_state is not None:
            drawn = np.random.SeedSequence(draw_seed(self.random_state))
            split_seed, *seeds = (
                drawn.generate_state(len(time_steps) + 1) >> 1
            ).tolist()
        networks = {}
        for n_frames, seed in zip(time_steps, seeds, strict=True):
            networks[n_frames] = self._network(n_frames, seed, split_seed)
            if continues:
                networks[n_frames].continue_from(previous[n_frames])
            networks[n_frames].fit(clips, active)
        self.networks_ = networks
        self.history_ = {n: net.history_ for n, net in networks.items()}
        self.n_epochs_ = {n: net.n_epochs_ for n, net in networks.items()}
        self.threshold_ = float(self.threshold)
        self.onset_threshold_ = float(self.onset_threshold)
        self.onset_rule_ = self.onset_rule
        self.longest_event_ = float(max(durations))
        self.look_back_ = self._first_look_back()
        self.hop_, self.window_ = float(self.hop), float(self.window)
        self.event_label_ = self.event_label
        vars(self).pop("tuning_", None)
        return self

    def _first_look_back(self):
        return float(self.longest_event_ if self.look_back is None else self.look_back)

    def _durations(self, clips, y):
        """Of the events that frames tell of; warns of the others."""
        durations, n_unseen = [], 0
        for clip, events in zip(clips, y, strict=True):
            centres = np.arange(len(clip)) * self.hop + self.window / 2
            for event in events:
                if ((centres >= event.onset) & (centres < event.offset)).any():
                    durations.append(event.offset - event.onset)
                else:
                    n_unseen += 1
        times = f"hop={self.hop!r} and window={self.window!r}"
        if not durations:
            raise ValueError(
                f"No frame's centre lies in an event {self.event_label!r}. Are {times} "
                "those of X, in seconds?"
            )
        if n_unseen:
            warnings.warn(
                f"{n_unseen} of {n_unseen + len(durations)} events "
                f"{self.event_label!r} hold no frame's centre: they are shorter than a "
                f"hop or begin after the clip's end. Are {times} those of X, in "
                "seconds?",
                UserWarning,
                stacklevel=3,
            )
        return durations

    def _check_time_steps(self):
        time_steps = tuple(self.time_steps)
        if (
            not time_steps
            or not all(isinstance(n, Integral) and n >= 1 for n in time_steps)
            or len(set(time_steps)) < len(time_steps)
        ):
            raise ValueError(
                "time_steps must hold different integers of at least 1, one at least, "
                f"got {self.time_steps!r}."
            )
        return tuple(int(n) for n in time_steps)

    def _check_events(self, X, y, label=None):
        """The events to be found, clip by clip."""
        label = self.event_label if label is None else label
        y = check_event_lists(y)
        if len(y) != len(X):
            raise ValueError(
                f"y must have an event list for every clip of X: {len(X)}, got "
                f"{len(y)}."
            )
        return [[e for e in events if e.label == label] for events in y]

    def _active_frames(self, clips, y):
        """In which frames the event is, clip by clip."""
        active = frame_labels(
            y,
            [len(clip) for clip in clips],
            self.hop,
            [self.event_label],
            window=self.window,
        )
        return [frames[:, 0] for frames in active]

    def _network(self, time_steps, seed, split_seed):
        folder = self.checkpoint_dir
        return WindowNetwork(
            time_steps,
            training_hop=self.training_hop,
            positive_weight=self.positive_weight,
            architecture=self._architecture(),
            learning_rate=self.learning_rate,
            gradient_clip=self.gradient_clip,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            early_stopping=self.early_stopping,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=self.n_iter_no_change,
            warm_start=self.warm_start,
            callbacks=self.callbacks,
            checkpoint_dir=(
                None
                if folder is None
                else Path(os.fspath(folder)) / f"{time_steps}-frames"
            ),
            random_state=seed,
            split_seed=split_seed,
            verbose=self.verbose,
        )

    def frame_probabilities(self, X):
        """Probability of the event in every frame, from each of the networks.

        Parameters
        ----------
        X : sequences
            As in `fit`.

        Returns
        -------
        list of ndarray of shape (n_frames, n_networks)
            Float32, in the order of `time_steps`; NaN for a missing clip.
        """
        check_is_fitted(self)
        X = check_sequences(self, X, reset=False)
        missing = missing_clips(X)
        out = [np.full((len(clip), len(self.networks_)), np.nan, "f4") for clip in X]
        present = np.flatnonzero(~missing)
        for column, network in enumerate(self.networks_.values()):
            curves = network.frame_probabilities([X[i] for i in present], self.sliding)
            for i, curve in zip(present, curves, strict=True):
                out[i][:, column] = curve
        return out

    def predict_proba(self, X):
        """Probability of the event over time, the mean over all networks.

        Parameters
        ----------
        X : sequences
            As in `fit`.

        Returns
        -------
        list of FrameCurve
            For every clip the ``times`` of its frames, in seconds, and their
            ``probabilities``.
        """
        return [
            FrameCurve(
                np.arange(len(columns)) * self.hop_ + self.window_ / 2,
                columns.mean(axis=1),
            )
            for columns in self.frame_probabilities(X)
        ]

    def predict(self, X):
        """The event of every clip, if there is one.

        Parameters
        ----------
        X : sequences
            As in `fit`.

        Returns
        -------
        list of list of Event
            None or one for every clip; its confidence is the highest probability. A
            missing clip has none, which draws a warning.
        """
        return self._decide([curve.probabilities for curve in self.predict_proba(X)])

    def score(self, X, y):
        """One minus the event-based error rate of the onsets, with a collar of 0.5 s.

        Parameters
        ----------
        X : sequences
            As in `fit`.
        y : list of event lists
            Their events.

        Returns
        -------
        float
            1 is perfect, 0 what a detector gets that never reports anything; more false
            alarms than hits make it negative. If there is no event to be found, 1
            without and NaN with false alarms, which draws a warning.
        """
        found = self.predict(X)
        truth = self._check_events(found, y, self.event_label_)
        if not any(truth):
            n_alarms = sum(map(len, found))
            if not n_alarms:
                return 1.0
            warnings.warn(
                f"y has no event {self.event_label_!r}, so that the error rate of "
                f"{n_alarms} false alarms is not defined. Folds should hold events.",
                UndefinedMetricWarning,
                stacklevel=2,
            )
            return np.nan
        scores = event_based_scores(
            truth, found, labels=[self.event_label_], offset=False, t_collar=0.5
        )
        return 1.0 - scores.overall.error_rate

    def __sklearn_is_fitted__(self):
        return hasattr(self, "networks_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
