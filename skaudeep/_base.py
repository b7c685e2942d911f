"""Mixins shared by the estimators."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import weakref

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

__all__ = [
    "FeatureNamesMixin",
    "MostProbableClassMixin",
    "NetworkMixin",
    "SequenceTransformer",
    "StatelessMixin",
]

# Live networks stay outside the estimators: these hold arrays alone, and looking at
# ``model_`` changes nothing in them.
_live_networks: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


class NetworkMixin:
    """For estimators around a network: their state is ``config_`` and ``weights_``.

    Subclasses define the static method ``_network_class``, which imports the class
    late, and set ``config_`` (constructor arguments of the network without its seed)
    and ``weights_`` (list of arrays) in ``fit``.
    """

    @property
    def model_(self):
        """The fitted network, a Keras layer; built when first asked for."""
        check_is_fitted(self, "weights_")
        weights, network = _live_networks.get(self, (None, None))
        if weights is not self.weights_:
            from skaudeep._keras import prepare

            prepare()
            network = self._network_class()(**self.config_)
            network.set_weights(self.weights_)
            _live_networks[self] = (self.weights_, network)
        return network

    @contextlib.contextmanager
    def _network_to_train(self, seed, learning_rate, *adam, state=None, keep=False):
        """A compiled network for a training; ``weights_`` is set at the end.

        Parameters
        ----------
        seed : int
            Of the new weights and the random states.
        learning_rate : float
            Step size.
        *adam
            What else ``CompiledNetwork.start_training`` takes.
        state : dict of str to ndarray or None, default=None
            What of ``CompiledNetwork.state`` to begin with; the rest is new.
        keep : bool, default=False
            Whether ``weights_`` stays as it is if the training fails.
        """
        from skaudeep._keras import borrow

        network_class = self._network_class()
        # A training that fails must not leave old weights under a new configuration.
        if not keep:
            vars(self).pop("weights_", None)
        with borrow(network_class, self.config_) as compiled:
            compiled.load(network_class(**self.config_, seed=seed))
            compiled.start_training(learning_rate, *adam)
            if state is not None:
                compiled.load_state({**compiled.state(), **state})
            yield compiled
            self.weights_ = compiled.weights()

    @contextlib.contextmanager
    def _fitted_network(self):
        """A compiled network with the weights of this estimator."""
        from skaudeep._keras import borrow

        with borrow(self._network_class(), self.config_) as compiled:
            compiled.load_weights(self.weights_)
            yield compiled

    def __sklearn_is_fitted__(self):
        return hasattr(self, "weights_")


class FeatureNamesMixin:
    """For transformers whose columns have names: ``_feature_names`` lists them."""

    def get_feature_names_out(self, input_features=None):
        """Name of every column of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the columns seen in fit; bands have no names.

        Returns
        -------
        ndarray of str
            One name a column.
        """
        check_is_fitted(self)
        if hasattr(self, "n_features_in_"):
            _check_feature_names_in(self, input_features)
        return np.array(self._feature_names(), dtype=object)


class MostProbableClassMixin:
    """For classifiers that predict what ``predict_proba`` finds most probable."""

    def predict(self, X):
        """Most probable class.

        Parameters
        ----------
        X : object
            As :meth:`predict_proba` takes it.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]


class SequenceTransformer(TransformerMixin, BaseEstimator):
    """Base of transformers that emit recordings or sequences.

    These are not tables, so no data frame can be made of them: ``set_output`` is
    accepted and has no effect here, and the last 2-D step of the pipeline still
    returns what was asked for.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def set_output(self, *, transform=None):
        """Accept and ignore: recordings and sequences are never data frames.

        Parameters
        ----------
        transform : str or None, default=None
            Ignored.

        Returns
        -------
        estimator
            This estimator.
        """
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class StatelessMixin:
    """For transformers that learn nothing: usable without ``fit``."""

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
