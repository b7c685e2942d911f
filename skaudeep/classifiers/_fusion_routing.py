"""Which parameters of fit go where in a fusion."""
# SPDX-License-Identifier: BSD-3-Clause

from inspect import signature
from numbers import Integral

from sklearn.metrics import check_scoring
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.validation import has_fit_parameter

from skaudeep.classifiers._named_members import is_dropped

__all__ = ["SCORER", "SPLITTER", "FusionRouting"]

# Names of members have no double underscore, so these are never taken.
SPLITTER, SCORER = "inner__splitter", "inner__scorer"


class FusionRouting:
    """Mixin of a fusion: weights of samples, groups and all that is routed."""

    def _route(self, names, members, sample_weight, groups, fit_params):
        """What goes to the members, the splitter and the scorer."""
        given = {"sample_weight": sample_weight, "groups": groups}
        given = {name: value for name, value in given.items() if value is not None}
        if _routing_enabled():
            return process_routing(self, "fit", **given, **fit_params)
        params = {SPLITTER: {"split": {}}, SCORER: {"score": {}}}
        if groups is not None:
            params[SPLITTER]["split"] = {"groups": groups}
        if sample_weight is not None and _takes_weights(self._scorer()):
            params[SCORER]["score"] = {"sample_weight": sample_weight}
        for name, member in zip(names, members, strict=True):
            takes = {key: _fit_parameter(member, key) for key in given}
            if sample_weight is not None and takes["sample_weight"] is None:
                raise ValueError(
                    f"sample_weight must be None: member {name!r}, {member!r}, takes "
                    "none."
                )
            params[name] = {
                "fit": {to: given[key] for key, to in takes.items() if to is not None}
            }
        return params

    def _scorer(self):
        """The scorer, or None if it is one of those that need none."""
        if self.scoring in ("uar", "accuracy"):
            return None
        return check_scoring(self, self.scoring)

    def get_metadata_routing(self):
        """Say which parameters of ``fit`` go to members, splitter and scorer.

        Returns
        -------
        MetadataRouter
            See scikit-learn's user guide on metadata routing.
        """
        router = MetadataRouter(owner=self)
        for name, member in self.estimators:
            if not is_dropped(member):
                router.add(
                    **{name: member},
                    method_mapping=MethodMapping().add(caller="fit", callee="fit"),
                )
        cv = self.cv
        if cv is None or isinstance(cv, Integral):
            cv = StratifiedGroupKFold()
        if hasattr(cv, "get_metadata_routing"):
            router.add(
                **{SPLITTER: cv},
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        scorer = self._scorer()
        if hasattr(scorer, "get_metadata_routing"):
            router.add(
                **{SCORER: scorer},
                method_mapping=MethodMapping().add(caller="fit", callee="score"),
            )
        return router


def _takes_weights(scorer):
    return scorer is not None and "sample_weight" in signature(scorer).parameters


def _fit_parameter(member, key):
    """By what name the fit of a member takes a parameter; None if it does not.

    A pipeline hands it to its last step.
    """
    if has_fit_parameter(member, key):
        return key
    if not isinstance(member, Pipeline):
        return None
    name, last = member.steps[-1]
    inner = None if isinstance(last, str | None) else _fit_parameter(last, key)
    return None if inner is None else f"{name}__{inner}"
