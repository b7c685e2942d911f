"""Mixing one background with what is to be heard over it."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
from dataclasses import dataclass

import numpy as np

from skaudeep.events._sources import Source
from skaudeep.events._yaml import dump
from skaudeep.exceptions import AudioError

__all__ = ["Mixer"]

_N_TRIES = 20
# A little below full scale, so that rounding to 24 bits cannot pass it.
_PEAK = 0.999


@dataclass(frozen=True)
class Mixer:
    """Mixes and writes single mixtures; what all of them share.

    Attributes
    ----------
    backgrounds, distractors : list of Source
        The second may be empty.
    n_distractors : (int, int)
        Fewest and most.
    ratios : list of float
        In dB.
    n_samples, sample_rate : int
        Of a mixture.
    level : float
        Factor on the mixture.
    split : str
        Part of the names.
    seed : int
        Of all mixtures.
    """

    backgrounds: list[Source]
    distractors: list[Source]
    n_distractors: tuple[int, int]
    ratios: list[float]
    n_samples: int
    sample_rate: int
    level: float
    split: str
    seed: int

    def generator(self, label, number):
        """Random numbers of a mixture, counted from 1, or of the class itself, 0."""
        # 256 is no byte: where the one text ends cannot be mistaken.
        words = *self.split.encode(), 256, *label.encode()
        return np.random.default_rng((self.seed, number, *words))

    def write(self, folder, label, number, events):
        """Write the mixture and return its recipe; `events` is None for none."""
        import soundfile

        rng = self.generator(label, number + 1)
        background = self.backgrounds[rng.integers(len(self.backgrounds))]
        ground, start = background.excerpt(self.n_samples, self.sample_rate, rng)
        mixture = ground.copy()
        recipe = {
            "bg_classname": background.label,
            "bg_path": background.name,
            "bg_start_seconds": start,
            "ebr": -np.inf,
            "event_present": events is not None,
        }
        if events is not None:
            placed = self._add(mixture, ground, background, events, rng)
            recipe |= {
                "ebr": placed["ebr"],
                "event_class": label,
                "event_length_seconds": placed["length_seconds"],
                "event_path": placed["path"],
                "event_start_in_mixture_seconds": placed["start_in_mixture_seconds"],
                "scaling_factor": placed["scaling_factor"],
                "segment_end_seconds": placed["segment_end_seconds"],
                "segment_start_seconds": placed["segment_start_seconds"],
            }
        if self.distractors:
            low, high = self.n_distractors
            recipe["distractors"] = [
                self._add(mixture, ground, background, self.distractors, rng)
                for _ in range(rng.integers(low, high + 1))
            ]
        peak = float(np.abs(mixture).max())
        factor = self.level if self.level * peak <= _PEAK else _PEAK / peak
        recipe["mixture_scaling_factor"] = factor
        mixture *= np.float32(factor)

        digest = hashlib.md5(dump([recipe]).encode(), usedforsecurity=False)
        name = f"mixture_{self.split}_{label}_{number:03}_{digest.hexdigest()}.wav"
        recipe["mixture_audio_filename"] = name
        recipe["annotation_string"] = "\t".join([name, *_annotation(recipe, self)])
        soundfile.write(folder / name, mixture, self.sample_rate, subtype="PCM_24")
        return recipe

    def _add(self, mixture, ground, background, sources, rng):
        """Add one of the sources somewhere, and tell what, where and how loud."""
        source = sources[rng.integers(len(sources))]
        ratio = self.ratios[rng.integers(len(self.ratios))]
        sound = source.read(self.sample_rate)[: self.n_samples]
        loudness = _rms(sound)
        if loudness == 0:
            raise AudioError(
                f"{source.name} ({source.start:g}-{source.stop:g} s) is digital "
                "silence: it has no level that could be set."
            )
        for _ in range(_N_TRIES):
            first = int(rng.integers(self.n_samples - len(sound) + 1))
            beneath = _rms(ground[first : first + len(sound)])
            if beneath > 0:
                break
        else:
            raise AudioError(
                f"The background {background.name} is digital silence wherever "
                f"{source.name} was tried ({_N_TRIES} places): there is no "
                "event-to-background ratio over silence."
            )
        factor = 10 ** (ratio / 20) * beneath / loudness
        mixture[first : first + len(sound)] += np.float32(factor) * sound
        return {
            "ebr": ratio,
            "length_seconds": len(sound) / self.sample_rate,
            "path": source.name,
            "scaling_factor": factor,
            "segment_end_seconds": source.stop,
            "segment_start_seconds": source.start,
            "start_in_mixture_seconds": first / self.sample_rate,
        }


def _rms(signal):
    if len(signal) == 0:
        return 0.0
    return float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))


def _annotation(recipe, mixer):
    if not recipe["event_present"]:
        return []
    onset = recipe["event_start_in_mixture_seconds"]
    # The sum may pass the end by its rounding.
    end = mixer.n_samples / mixer.sample_rate
    offset = min(onset + recipe["event_length_seconds"], end)
    return [repr(onset), repr(offset), recipe["event_class"]]
