"""Miniature trees in the layouts of the DCASE family, with small real recordings.

Every ``make_NAME(root)`` makes `root`, the folder of the corpus, and returns it.
"""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import soundfile

# Location and scene.
SCENES = {
    "a001": "beach",
    "a002": "beach",
    "b020": "cafe/restaurant",
    "b021": "cafe/restaurant",
}
PITCH = {"beach": 500, "cafe/restaurant": 5000}
# The locations of each fold's test part: a001 is tested twice, as is b020.
TESTED = [("a001", "b020"), ("a002", "b021"), ("a002", "b020"), ("a001", "b021")]
HASHES = {
    "devtrain": "20b255387a2d0cddc0a3dff5014875e7",
    "devtest": "20b255387a2d0cddc0a3dff5014875e7",
    "evaltest": "bbb81504db15a03680a0044474633b67",
}


def write_wav(path, pitch=500, n_samples=8820, *, rate=44100, n_channels=2, bits=24):
    """A tone in noise; 0.2 s of stereo with 24 bit, as the TUT corpora are."""
    path.parent.mkdir(exist_ok=True, parents=True)
    tone = 0.1 * np.sin(2 * np.pi * pitch * np.arange(n_samples) / rate)
    rng = np.random.default_rng(pitch)
    noise = rng.normal(scale=0.01, size=(n_samples, n_channels))
    soundfile.write(path, tone[:, np.newaxis] + noise, rate, subtype=f"PCM_{bits}")


def write_rows(path, rows, end="\n", separator="\t"):
    path.parent.mkdir(exist_ok=True, parents=True)
    text = "".join(separator.join(row) + end for row in rows)
    path.write_bytes(text.encode("utf-8"))


def write_fold(root, number, train, test, label, end="\n"):
    """The three lists of a fold; `label` says the label of a clip."""
    fold = f"evaluation_setup/fold{number}"
    write_rows(root / f"{fold}_train.txt", [(c, label(c)) for c in train], end)
    write_rows(root / f"{fold}_test.txt", [(c,) for c in test], end)
    write_rows(root / f"{fold}_evaluate.txt", [(c, label(c)) for c in test], end)


def scene_clips(year=2017):
    """Paths of the clips of `make_tut_scenes`, in the order of its meta file."""
    step = {2016: 30, 2017: 10}[year]
    return [
        f"audio/{place}_{i * step}_{(i + 1) * step}.wav"
        for place in SCENES
        for i in range(3)
    ]


def scene(clip):
    return SCENES[clip.removeprefix("audio/").split("_")[0]]


def make_tut_scenes(root, *, year=2017, part="development", labels=True):
    """TUT Acoustic Scenes: 12 clips of four locations, two scenes.

    The development set has a meta file of three columns (2017) or two (2016), four
    folds, the second with CRLF, and marks an error. The test parts of the folds
    overlap, and the last clip is in none. The evaluation set has numbers as names; with
    labels, it has a map of them too.
    """
    clips = scene_clips(year)
    if part == "evaluation":
        rows = [
            (f"audio/{1245 - i}.wav", scene(c), c)
            for i, c in enumerate(sorted(clips, key=lambda clip: clip[::-1]))
        ]
        setup = root / "evaluation_setup"
        write_rows(setup / "test.txt", [row[:1] for row in rows])
        if labels:
            write_rows(setup / "evaluate.txt", [row[:2] for row in rows], "\r\n")
            write_rows(setup / "map.txt", [row[::2] for row in rows])
        for clip, label, _ in rows:
            write_wav(root / clip, PITCH[label])
        return root
    for clip in clips:
        write_wav(root / clip, PITCH[scene(clip)])
    meta = [(clip, scene(clip), clip[6:10]) for clip in clips]
    write_rows(root / "meta.txt", [row[: 3 if year == 2017 else 2] for row in meta])
    write_rows(root / "error.txt", [(clips[0], "0.0", "0.1", "phone")])
    for number, places in enumerate(TESTED, start=1):
        train, test = [], []
        for clip in clips[:-1]:
            (test if clip[6:10] in places else train).append(clip)
        write_fold(root, number, train, test, scene, "\r\n" if number == 2 else "\n")
    return root


def make_tut_urban_scenes_2018(root, *, part="development", mobile=False):
    """TUT Urban Acoustic Scenes 2018: 8 clips of two scenes, and 8 of phones."""
    if part != "development":
        rows = [("audio/12.wav",), ("audio/3.wav",)]
        write_rows(root / "evaluation_setup" / "test.txt", rows)
        for (clip,) in rows:
            write_wav(root / clip, rate=48000)
        return root
    rows = []
    for label in ("airport", "street_pedestrian"):
        for city, place in (("barcelona", 0), ("paris", 9)):
            for segment in (0, 1):
                for device in "abc" if mobile and segment else "a":
                    name = f"{label}-{city}-{place}-{segment}-{device}"
                    clip = f"audio/{name}.wav"
                    rows.append((clip, label, f"{city}-{place}", device))
                    write_wav(
                        root / clip,
                        500 if label == "airport" else 5000,
                        rate=48000 if device == "a" else 44100,
                        n_channels=2 if device == "a" else 1,
                    )
    header = ("filename", "scene_label", "identifier", "source_label")
    write_rows(root / "meta.csv", [header, *rows], "\r\n")
    label = {row[0]: row[1] for row in rows}
    train, test = (
        [row[0] for row in rows if city in row[0]] for city in ("barcelona", "paris")
    )
    write_fold(root, 1, train, test, label.get)
    return root


def make_tut_rare_events_2017(root, *, parts=("devtrain", "devtest")):
    """TUT Rare Sound Events 2017: for each event four mixtures a part, two without it.

    In the lists such a mixture is a name alone, in those of devtest followed by tabs
    and CRLF. The first event lasts 0.1 s of the 0.3 s.
    """
    for part in parts:
        digest = HASHES[part]
        folder = root / "data" / "mixture_data" / part / digest
        for event in ("babycry", "glassbreak", "gunshot"):
            names = [f"mixture_{part}_{event}_{i:03}_{digest}.wav" for i in range(4)]
            for i, name in enumerate(names):
                pitch = 3000 if i % 2 else 300
                write_wav(folder / "audio" / name, pitch, 13230, n_channels=1)
            rows = [
                (names[0], *([""] * 3 if part == "devtest" else [])),
                (names[1], "0.1234567890123456", "0.2234567890123456", event),
                (names[2],),
                (names[3], "0.0", "0.3", event),
            ]
            end = "\r\n" if part == "devtest" else "\n"
            write_rows(folder / "meta" / f"event_list_{part}_{event}.csv", rows, end)
            recipes = "".join(
                f"- bg_classname: beach\n  bg_path: audio/b00{i}_0_30.wav\n"
                f"  ebr: {ebr}\n  event_present: {str(i % 2 == 1).lower()}\n"
                f"  mixture_audio_filename: {names[i]}\n"
                for i, ebr in enumerate(("-.inf", "6.0", "-.inf", "-6"))
            )
            path = folder / "meta" / f"mixture_recipes_{part}_{event}.yaml"
            path.write_text(recipes, encoding="utf-8")
    return root


def make_fsdkaggle2018(root, *, layout="zenodo"):
    """FSDKaggle2018: four clips to train on, two to test, and one without samples.

    The layout of Kaggle has no labels to test, so that the clip without samples is one
    of those to test; in that of Zenodo it is the last to train on.
    """
    zenodo = layout == "zenodo"
    prefix = "FSDKaggle2018." if zenodo else ""
    licence = "http://creativecommons.org/licenses/by/3.0/"
    train = [
        ("00044347.wav", "Hi-hat", "0", "28739", licence),
        ("001ca53d.wav", "Saxophone", "1", "358827", licence),
        ("002d256b.wav", "Trumpet", "0", "10897", licence),
        ("0033e230.wav", "Glockenspiel", "1", "325017", licence),
    ]
    test = [
        ("00326aa9.wav", "Oboe", "Private", "355125", licence),
        ("0038a046.wav", "Bass_drum", "Public", "90621", licence),
    ]
    header = ("fname", "label", "manually_verified", "freesound_id", "license")
    for folder, rows in (("audio_train", train), ("audio_test", test)):
        for i, row in enumerate(rows):
            path = root / f"{prefix}{folder}" / row[0]
            write_wav(path, 300 * (i + 1), 4410 * (i + 1), n_channels=1, bits=16)
    empty = "0b0427e2.wav"
    path = root / f"{prefix}{'audio_train' if zenodo else 'audio_test'}" / empty
    soundfile.write(path, np.zeros(0), 44100, subtype="PCM_16")
    if zenodo:
        train.append((empty, "Bark", "1", "1", licence))
        meta = root / "FSDKaggle2018.meta"
        write_rows(meta / "train_post_competition.csv", [header, *train], "\r\n", ",")
        header = (*header[:2], "usage", *header[3:])
        path = meta / "test_post_competition_scoring_clips.csv"
        write_rows(path, [header, *test], separator=",")
    else:
        rows = [row[:3] for row in [header, *train]]
        write_rows(root / "train.csv", rows, separator=",")
    return root


def make_dcase2018_task5(root, *, part="development", labels=True):
    """DCASE 2018, task 5: 16 clips, two nodes of four sessions, two activities.

    Its 4 channels have 16 kHz. Each of the four folds tests a session; in the
    evaluation set, which has nodes 5 and 6, names are numbers.
    """
    sessions = {"ex1": "absence", "ex2": "absence", "ex10": "cooking"}
    sessions["ex11"] = "cooking"
    nodes, prefix = ("13", "Dev") if part == "development" else ("56", "Eval")
    rows = [
        (f"audio/{prefix}Node{node}_{session}_{segment}.wav", label, session)
        for session, label in sessions.items()
        for node in nodes
        for segment in (1, 2)
    ]
    setup = root / "evaluation_setup"
    if part == "evaluation":
        anonymous = {row[0]: f"audio/{i}.wav" for i, row in enumerate(rows, start=1)}
        if labels:
            write_rows(setup / "map.txt", anonymous.items())
        rows = [(anonymous[row[0]], *row[1:]) for row in rows]
        write_rows(setup / "test.txt", [row[:1] for row in rows])
        if labels:
            write_rows(setup / "evaluate.txt", rows)
            write_rows(root / "meta.txt", rows)
    else:
        write_rows(root / "meta.txt", rows)
        for number, tested in enumerate(sessions, start=1):
            fold = f"fold{number}"
            test = [row for row in rows if row[2] == tested]
            train = [row for row in rows if row[2] != tested]
            write_rows(setup / f"{fold}_train.txt", train)
            write_rows(setup / f"{fold}_test.txt", [(row[0], "") for row in test])
            write_rows(setup / f"{fold}_evaluate.txt", [row[:2] for row in test])
    for clip, label, _ in rows:
        pitch = 500 if label == "absence" else 3000
        write_wav(root / clip, pitch, 3200, rate=16000, n_channels=4, bits=16)
    return root
