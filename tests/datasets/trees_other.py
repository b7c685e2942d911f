"""Miniature trees in the layouts of corpora beside those of DCASE, with their traps."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import cache
from io import BytesIO

import numpy as np
import soundfile

GENRES = [
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
]
ESC_CLASSES = {
    "dog": 0,
    "rooster": 1,
    "pig": 2,
    "sea_waves": 11,
    "drinking_sipping": 29,
}
ESC_10 = {"dog", "rooster", "sea_waves"}
URBAN_CLASSES = {"siren": 8, "air_conditioner": 0, "dog_bark": 3}


@cache
def audio(
    kind="WAV", subtype="PCM_16", rate=16000, n_channels=1, duration=0.2, pitch=1
):
    """A file's bytes: a tone, higher with `pitch`, in noise."""
    time = np.arange(round(duration * rate)) / rate
    noise = np.random.default_rng(pitch).normal(
        scale=0.01, size=(len(time), n_channels)
    )
    signal = 0.1 * np.sin(2 * np.pi * 500 * pitch * time)[:, np.newaxis] + noise
    file = BytesIO()
    soundfile.write(file, signal, rate, format=kind, subtype=subtype)
    return file.getvalue()


def write_file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_list(path, rows, delimiter=",", end="\n", start=""):
    """A delimited text file; the end of the lines and a BOM are the caller's choice."""
    text = start + "".join(delimiter.join(map(str, row)) + end for row in rows)
    write_file(path, text.encode("utf-8"))


def make_esc50(root):
    """The layout of today: five folds of five classes, a list with CRLF and a BOM."""
    rows = [("filename", "fold", "target", "category", "esc10", "src_file", "take")]
    for fold in range(1, 6):
        for name, number in ESC_CLASSES.items():
            source = 100 * fold + number
            # Two takes of one recording stand in the same fold.
            for take in "AB" if name == "dog" else "A":
                clip = f"{fold}-{source}-{take}-{number}.wav"
                rows.append((clip, fold, number, name, name in ESC_10, source, take))
                write_file(root / "audio" / clip, audio(rate=44100, pitch=number + 1))
    write_list(root / "meta/esc50.csv", rows, end="\r\n", start="\ufeff")
    return root


def make_esc50_old(root):
    """Version 1: folders, a name with hyphens, a hidden folder, one clip as .wav."""
    folders = ("101 - Dog", "301 - Crying baby", "310 - Drinking - sipping")
    for number, folder in enumerate(folders, start=1):
        for fold in range(1, 6):
            is_wav = folder == "101 - Dog" and fold == 3
            kind, subtype = ("WAV", "PCM_16") if is_wav else ("OGG", "VORBIS")
            name = f"{fold}-{100 * fold + number}-A.{kind.lower()}"
            content = audio(kind, subtype, rate=44100, pitch=number)
            write_file(root / folder / name, content)
    write_file(root / ".git" / "config", b"[core]\n")
    write_file(root / "101 - Dog" / ".DS_Store", b"")
    write_file(root / "README.md", b"ESC-50\n")
    return root


def make_esc10(root):
    """The repository of ESC-10: three of the ten classes."""
    for number, folder in enumerate(
        ("001 - Dog bark", "004 - Baby cry", "010 - Fire crackling"), start=1
    ):
        for fold in range(1, 6):
            content = audio("OGG", "VORBIS", rate=44100, pitch=number)
            write_file(root / folder / f"{fold}-{fold}00{number}-A.ogg", content)
    return root


def make_gtzan(root, numbers=(0, 1, 2, 3, 4)):
    """The archive of 2002: .au files, the last one longer, and a file of Marsyas."""
    for pitch, genre in enumerate(GENRES, start=1):
        for number in numbers:
            duration = 0.25 if number == numbers[-1] else 0.2
            content = audio("AU", rate=22050, duration=duration, pitch=pitch)
            write_file(root / "genres" / genre / f"{genre}.{number:05d}.au", content)
    write_file(root / "genres" / "input.mf", b"blues/blues.00000.au\tblues\n")
    return root


def make_gtzan_kaggle(root, numbers=(0, 1, 2, 3, 54)):
    """Kaggle's copy: .wav files beside pictures, and jazz.00054 that is no audio."""
    for pitch, genre in enumerate(GENRES, start=1):
        for number in numbers:
            name = f"{genre}.{number:05d}.wav"
            content = audio(rate=22050, pitch=pitch)
            if name == "jazz.00054.wav":
                content = np.random.default_rng(54).bytes(4096)
            write_file(root / "Data/genres_original" / genre / name, content)
        write_file(root / "Data/images_original" / genre / f"{genre}00000.png", b"")
    return root


def make_urbansound8k(root):
    """Ten folds of three classes in mixed formats, one clip of .05 s."""
    formats = [
        {"rate": 8000},
        {"rate": 96000, "n_channels": 2, "subtype": "FLOAT"},
        {"rate": 44100, "n_channels": 2, "subtype": "PCM_24"},
        {"rate": 11025, "subtype": "PCM_U8"},
    ]
    header = [
        "slice_file_name",
        "fsID",
        "start",
        "end",
        "salience",
        "fold",
        "classID",
        "class",
    ]
    rows = []
    for fold in range(10, 0, -1):
        for i, (name, number) in enumerate(URBAN_CLASSES.items()):
            clip = f"{100 * fold + i}-{number}-0-0.wav"
            rows.append((clip, 100 * fold + i, 0.0, 0.2, 1, fold, number, name))
            duration = 0.05 if (fold, i) == (10, 0) else 0.2
            content = audio(
                **formats[(fold + i) % 4], duration=duration, pitch=number + 1
            )
            write_file(root / f"audio/fold{fold}" / clip, content)
    write_list(root / "metadata/UrbanSound8K.csv", [header, *rows])
    return root


def make_speech_commands(root):
    """Three words of four speakers, noise, a name that is odd and a .wav.wav."""
    for pitch, word in enumerate(("go", "no", "yes"), start=1):
        for speaker in ("0a7c2a8d", "1b4c9b89", "2c6d3924", "3d9200b9"):
            for number in range(2):
                clip = f"{word}/{speaker}_nohash_{number}.wav"
                if clip == "yes/2c6d3924_nohash_1.wav":
                    clip += ".wav"
                duration = 0.15 if number else 0.2
                write_file(root / clip, audio(duration=duration, pitch=pitch))
    write_file(root / "go" / "recorded_later.wav", audio())
    for noise in ("pink_noise", "running_tap"):
        path = root / "_background_noise_" / f"{noise}.wav"
        write_file(path, audio(duration=1.0, pitch=7))
    lists = {"validation_list.txt": "1b4c9b89", "testing_list.txt": "2c6d3924"}
    for name, speaker in lists.items():
        clips = [
            (f"{w}/{speaker}_nohash_{n}.wav",) for w in ("yes", "go") for n in "10"
        ]
        if speaker == "1b4c9b89":
            clips += [("no/1b4c9b89_nohash_0.wav",), ("no/1b4c9b89_nohash_1.wav",)]
        write_list(root / name, clips, end="\r\n" if "test" in name else "\n")
    return root


def make_compare(root, parts=("train", "devel", "test"), n_clips=4):
    """The clips of any year; the lists are written by the functions below."""
    for part in parts:
        for i in range(n_clips):
            write_file(root / "wav" / f"{part}_{i:04d}.wav", audio(pitch=i % 2 + 1))
    write_file(root / "wav" / "._train_0000.wav", b"")
    return root


def make_compare_2018(root):
    """A list with tabs that leaves out the test part."""
    make_compare(root)
    rows = [("file_name", "emotion")]
    for part in ("train", "devel"):
        rows += [(f"{part}_{i:04d}.wav", ("sad", "happy")[i % 2]) for i in range(4)]
    path = root / "lab/ComParE2018_AtypicalAffect.tsv"
    write_list(path, rows, delimiter="\t", end="\r\n")
    return root


def make_compare_2018_crying(root):
    """Numbers as labels, and no development part."""
    make_compare(root, parts=("train", "test"))
    rows = [("file_name", "label"), *((f"train_{i:04d}.wav", i % 3) for i in range(4))]
    write_list(root / "lab/ComParE2018_Crying.tsv", rows, delimiter="\t")
    return root


def make_compare_2019(root):
    """One list for all parts, "?" for the test part, which it names first."""
    make_compare(root)
    rows = [("file_name", "label")]
    for part in ("test", "devel", "train"):
        for i in range(4):
            label = "?" if part == "test" else ("noise", "orca")[i % 2]
            rows.append((f"{part}_{i:04d}.wav", label))
    write_list(root / "lab/labels.csv", rows)
    return root


def make_compare_elderly(root):
    """Two targets in one list, of 2020."""
    make_compare(root)
    rows = [("filename_text", "filename_audio", "V_cat", "A_cat")]
    for part in ("train", "devel", "test"):
        for i in range(4):
            pair = "??" if part == "test" else "MLHL"[i] + "HHLM"[i]
            rows.append((f"{part}_{i // 2}.txt", f"{part}_{i:04d}.wav", *pair))
    write_list(root / "lab/labels.csv", rows)
    return root


def make_compare_2021(root):
    """A list for each part; the labels of the test part are "?"."""
    make_compare(root)
    for part in ("train", "devel", "test"):
        rows = [("filename", "label")]
        for i in range(4):
            label = "?" if part == "test" else ("positive", "negative")[i % 2]
            rows.append((f"{part}_{i:04d}.wav", label))
        write_list(root / f"lab/{part}.csv", rows)
    return root
