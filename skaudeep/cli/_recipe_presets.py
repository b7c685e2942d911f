"""Published recipes: spectrogram, representation and classifier."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["PRESETS", "preset_settings"]

_CLIP_LEVELS = [-30, -45, -60, -75]

# Name, what it is called among the presets of Seq2SeqAutoencoder, all else.
PRESETS = {
    "dcase2017": (
        "dcase2017",
        {
            "channels": {"views": ["mean", "left", "right", "difference"]},
            "spectrogram": {
                "window_width": 0.2,
                "window_overlap": 0.1,
                "n_mels": 320,
                "duration": 10,
            },
        },
    ),
    "tut-as-2017": (
        "audeep-tut2017",
        {
            "channels": {"views": ["mean", "difference", "left", "right"]},
            "spectrogram": {
                "window_width": 0.16,
                "window_overlap": 0.08,
                "n_mels": 320,
            },
        },
    ),
    "esc-10": (
        "audeep-esc10",
        {
            "spectrogram": {
                "window_width": 0.08,
                "window_overlap": 0.04,
                "n_mels": 128,
                "duration": 5,
                "align": "center",
                "clip_below": _CLIP_LEVELS,
            },
        },
    ),
    "esc-50": (
        "audeep-esc50",
        {
            "spectrogram": {
                "window_width": 0.08,
                "window_overlap": 0.04,
                "n_mels": 128,
                "duration": 5,
                "align": "center",
                "clip_below": _CLIP_LEVELS,
            },
        },
    ),
    "gtzan": (
        "audeep-gtzan",
        {
            "chunks": {"width": 2, "count": 15},
            "spectrogram": {
                "window_width": 0.08,
                "window_overlap": 0.04,
                "n_mels": 320,
                "duration": 2,
                "clip_below": [*_CLIP_LEVELS, "None"],
            },
        },
    ),
    "heart-sounds": (
        "heart-sounds",
        {
            "spectrogram": {
                "window_width": 0.32,
                "window_overlap": 0.16,
                "n_mels": 128,
                "duration": 30,
                "align": "center",
                "clip_below": _CLIP_LEVELS,
            },
            "classifier": {"type": "svm"},
        },
    ),
}
_CLASSIFIER = {
    "type": "mlp",
    "hidden_layer_sizes": [150, 150],
    "dropout": 0.4,
    "learning_rate": 1e-3,
    "max_epochs": 400,
}


def preset_settings(name):
    """The settings of a published recipe, for changing."""
    import copy

    from skaudeep.representation._presets import SEQ2SEQ_PRESETS

    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {name!r}.")
    network, settings = PRESETS[name]
    settings = copy.deepcopy(settings)
    settings["spectrogram"].update(type="mel", numerics="audeep", pre_emphasis=0.95)
    settings["representation"] = {"type": "seq2seq", **SEQ2SEQ_PRESETS[network]}
    settings["scaler"] = {"type": "standard"}
    settings.setdefault("classifier", dict(_CLASSIFIER))
    return settings
