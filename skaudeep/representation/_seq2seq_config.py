"""From the parameters of the estimator to those of its network."""
# SPDX-License-Identifier: BSD-3-Clause

from skaudeep.audio._sequence_statistics import check_statistics

__all__ = ["make_config"]


def make_config(estimator, n_bands):
    """Constructor arguments of the network, hashable and without the seed.

    Raises
    ------
    ValueError
        If parameters contradict each other.
    """
    _refuse_contradictions(estimator)
    return {
        "n_bands": n_bands,
        "cell": estimator.cell,
        "n_layers": int(estimator.n_layers),
        "n_units": int(estimator.n_units),
        "bidirectional_encoder": bool(estimator.bidirectional_encoder),
        "bidirectional_decoder": bool(estimator.bidirectional_decoder),
        "teacher_forcing": estimator.teacher_forcing,
        "dropout": float(estimator.dropout),
        "dropout_on": estimator.dropout_on,
        "feed_previous_prob": float(estimator.feed_previous_prob),
        "encoder_noise": float(estimator.encoder_noise),
        "mask_silence": bool(estimator.mask_silence),
        "attention": bool(estimator.attention),
        "variational": bool(estimator.variational),
        "axis": estimator.axis,
        "band_window": int(estimator.band_window),
        "band_overlap": int(estimator.band_overlap),
        "dtype": estimator.dtype_policy,
    }


def _refuse_contradictions(estimator):
    if estimator.pooling is not None:
        check_statistics("pooling", estimator.pooling)
    if estimator.teacher_forcing is None and estimator.feed_previous_prob > 0:
        raise ValueError(
            f"feed_previous_prob={estimator.feed_previous_prob!r} replaces what the "
            "decoder is told, and with teacher_forcing=None it is told nothing. Set "
            "teacher_forcing='leak_free' or feed_previous_prob=0."
        )
    if estimator.teacher_forcing == "audeep":
        for name, only in (("axis", "time"), ("attention", False)):
            value = getattr(estimator, name)
            if value != only:
                raise ValueError(
                    f"{name} must be {only!r} with teacher_forcing='audeep', which "
                    f"does what the published tool does, got {value!r}."
                )
        if estimator.bidirectional_decoder and estimator.feed_previous_prob > 0:
            raise ValueError(
                "feed_previous_prob must be 0 with teacher_forcing='audeep' and "
                "bidirectional_decoder=True, where the published tool feeds nothing "
                f"back, got {estimator.feed_previous_prob!r}."
            )
    if estimator.axis != "time" and estimator.band_overlap >= estimator.band_window:
        raise ValueError(
            f"band_overlap must be less than band_window={estimator.band_window!r}, "
            f"got {estimator.band_overlap!r}."
        )
