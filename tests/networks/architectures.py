"""Tiny networks for the tests, with weights that make every path matter."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

N_BANDS = 5
BASE = dict(
    n_bands=N_BANDS,
    cell="gru",
    n_layers=2,
    n_units=4,
    bidirectional_encoder=True,
    bidirectional_decoder=True,
    teacher_forcing="leak_free",
    dropout=0.0,
    # Windows of bands 0-2, 2-4 and blocks 0-1, 2-3, 4.
    band_window=3,
    band_overlap=1,
)
UNI = {"bidirectional_decoder": False}
NOT_TOLD = {"teacher_forcing": None}
AUDEEP = {"teacher_forcing": "audeep"}
ALONG_FREQUENCY = {"axis": "frequency"}
ALONG_BOTH = {"axis": "frequency_time"}
FED = {"feed_previous_prob": 1.0}

# Every option at least once, and those together that meet in the code.
OPTIONS = {
    "both-ways": {},
    "one-way": {**UNI, "bidirectional_encoder": False},
    "not-told": NOT_TOLD,
    "audeep": AUDEEP,
    "audeep-one-way": {**AUDEEP, **UNI},
    "audeep-fed": {**AUDEEP, **UNI, **FED},
    "fed": FED,
    "fed-one-way": {**FED, **UNI},
    "attention": {"attention": True},
    "attention-fed": {**FED, "attention": True},
    "variational": {"variational": True},
    "silence": {"mask_silence": True, **NOT_TOLD},
    "frequency": ALONG_FREQUENCY,
    "frequency-one-way-fed": {**ALONG_FREQUENCY, **UNI, **FED},
    "frequency-attention-variational": {
        **ALONG_FREQUENCY,
        "attention": True,
        "variational": True,
    },
    "frequency-time": ALONG_BOTH,
    "frequency-time-fed": {**ALONG_BOTH, **FED},
    "frequency-time-attention": {**ALONG_BOTH, **UNI, "attention": True},
}


def build(seed=0, **options):
    """A network with weights far from their small initial values, and its config."""
    from backends import op_by_op

    from skaudeep.networks.seq2seq import Seq2Seq

    config = {**BASE, **options}
    with op_by_op():
        network = Seq2Seq(**config, seed=seed)
    rng = np.random.default_rng(seed)
    network.set_weights(
        [rng.normal(0, 0.7, w.shape).astype("f4") for w in network.get_weights()]
    )
    return network, config


def clips(n_clips, n_frames, seed=1):
    """Sequences in [-1, 1]."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (n_clips, n_frames, N_BANDS)).astype("f4")
