"""Names of partitions, as corpora spell them."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["SPELLINGS", "indices_of_partitions", "normalise_partition"]

_PARTITIONS = {
    "train": ("train", "training"),
    "devel": ("devel", "dev", "valid", "validation", "val"),
    "test": ("test", "testing"),
}
SPELLINGS = tuple(name for names in _PARTITIONS.values() for name in names)
_NAMES = {spelling: name for name, names in _PARTITIONS.items() for spelling in names}


def normalise_partition(name):
    """What we call a partition, None if nobody calls one so; case does not matter."""
    return _NAMES.get(name.strip().lower())


def indices_of_partitions(parts):
    """Indices of the clips of every partition that has any.

    Parameters
    ----------
    parts : sequence of str
        "train", "devel" or "test" of each clip.

    Returns
    -------
    dict of str to list of int
        In that order.
    """
    return {
        name: [i for i, part in enumerate(parts) if part == name]
        for name in _PARTITIONS
        if name in parts
    }
