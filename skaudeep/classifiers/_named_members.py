"""An estimator made of named members."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn.base import is_classifier
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import _BaseComposition

__all__ = ["NamedMembers", "is_dropped"]


class NamedMembers(_BaseComposition):
    """For classifiers of classifiers: their parameter ``estimators`` names them.

    Subclasses set ``estimators_``, the fitted members that are not dropped.
    """

    def get_params(self, deep=True):
        """Parameters, and those of the members by ``name__parameter``.

        Parameters
        ----------
        deep : bool, default=True
            Whether those of the members are wanted too.

        Returns
        -------
        dict
            Parameters by name.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters, also of members, or whole members.

        Parameters
        ----------
        **params : dict
            ``name=classifier`` replaces a member, ``name="drop"`` leaves it out,
            ``name__parameter=value`` changes it.

        Returns
        -------
        object
            This estimator.
        """
        self._set_params("estimators", **params)
        return self

    @property
    def named_estimators(self):
        """The members as they were passed, by name.

        Returns
        -------
        Bunch
            Not fitted.
        """
        return Bunch(**dict(self.estimators))

    def _check_members(self):
        """Names and classifiers that are not dropped."""
        for item in self.estimators:
            if (
                not isinstance(item, list | tuple)
                or len(item) != 2
                or not isinstance(item[0], str)
            ):
                raise ValueError(
                    "estimators must be a list of (name, classifier) tuples, got the "
                    f"item {item!r}."
                )
        self._validate_names([name for name, _ in self.estimators])
        members = [item for item in self.estimators if not is_dropped(item[1])]
        if not members:
            raise ValueError(
                "estimators must hold at least one member that is not dropped, got "
                f"{self.estimators!r}."
            )
        for name, member in members:
            if (
                isinstance(member, type)
                or not hasattr(member, "fit")
                or not is_classifier(member)
            ):
                raise ValueError(
                    f"estimators must hold classifiers, but member {name!r} is "
                    f"{member!r}."
                )
        names, members = zip(*members, strict=True)
        return names, members

    def _note_members(self, names):
        fitted = dict(zip(names, self.estimators_, strict=True))
        self.named_estimators_ = Bunch(
            **{name: fitted.get(name, "drop") for name, _ in self.estimators}
        )
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimators_[0], name):
                setattr(self, name, getattr(self.estimators_[0], name))


def is_dropped(member):
    return isinstance(member, str) and member == "drop"
