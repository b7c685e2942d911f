"""Published settings of the sequence-to-sequence autoencoder."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["SEQ2SEQ_PRESETS"]

_AUDEEP = {
    "n_layers": 2,
    "n_units": 256,
    "cell": "gru",
    "bidirectional_encoder": False,
    "bidirectional_decoder": True,
    "teacher_forcing": "audeep",
    "dropout": 0.2,
    "dropout_on": "inputs_and_outputs",
    "feed_previous_prob": 0.0,
    "encoder_noise": 0.0,
    "mask_silence": False,
    "attention": False,
    "variational": False,
    "axis": "time",
    "pooling": None,
    "learning_rate": 1e-3,
    "gradient_clip": 2.0,
    "early_stopping": False,
}
_BACKWARD = {"bidirectional_encoder": True, "bidirectional_decoder": False}

# Of Freitag et al. (2018) what the recipes in version 0.9.6 of their tool say.
SEQ2SEQ_PRESETS = {
    # Amiriparian et al. (2017), in whose paper only outputs are dropped.
    "dcase2017": {
        **_AUDEEP,
        "dropout_on": "outputs",
        "max_epochs": 50,
        "batch_size": 64,
    },
    "audeep-tut2017": {**_AUDEEP, "max_epochs": 40, "batch_size": 512},
    "audeep-esc10": {**_AUDEEP, "max_epochs": 64, "batch_size": 64},
    "audeep-esc50": {**_AUDEEP, **_BACKWARD, "max_epochs": 64, "batch_size": 64},
    "audeep-gtzan": {**_AUDEEP, **_BACKWARD, "max_epochs": 40, "batch_size": 512},
    "compare2018": {**_AUDEEP, "max_epochs": 64, "batch_size": 256},
    "compare2018-crying": {**_AUDEEP, "max_epochs": 64, "batch_size": 512},
    "compare2019": {**_AUDEEP, "max_epochs": 16, "batch_size": 1024},
    "compare2020": {**_AUDEEP, "max_epochs": 16, "batch_size": 1024},
    "heart-sounds": {**_AUDEEP, "max_epochs": 64, "batch_size": 256},
}
