"""As much YAML as recipes of mixtures need."""
# SPDX-License-Identifier: BSD-3-Clause

import math

__all__ = ["dump", "load"]

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t"}


def dump(value):
    """YAML in block style, keys sorted.

    Parameters
    ----------
    value : dict or list of dict
        Their values are str, bool, int, float, None, or lists of these or of dicts.

    Returns
    -------
    str
        Ends in a line break.
    """
    lines = _mapping_lines(value) if isinstance(value, dict) else _list_lines(value)
    return "".join(line + "\n" for line in lines)


def _list_lines(items):
    for item in items:
        if isinstance(item, dict):
            dash = "- "
            for line in _mapping_lines(item):
                yield dash + line
                dash = "  "
        else:
            yield f"- {_scalar(item)}"


def _mapping_lines(mapping):
    for key in sorted(mapping):
        value = mapping[key]
        if isinstance(value, list) and value:
            yield f"{key}:"
            yield from _list_lines(value)
        else:
            yield f"{key}: {'[]' if value == [] else _scalar(value)}"


def _scalar(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(map(_character, value)) + '"'
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else "-.inf" if value < 0 else ".inf"
    digits = repr(float(value))
    # YAML 1.1 takes 1e-05 for text.
    return digits if "." in digits else digits.replace("e", ".0e")


def _character(character):
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def load(path):
    """What a YAML file holds; objects of Python in it become their plain content.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    object
        Lists, dicts and scalars.
    """
    try:
        import yaml
    except ImportError as error:
        raise ImportError(
            f"Reading {path.name} needs PyYAML: pip install 'skaudeep[tut]'."
        ) from error

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        """Builds nothing but plain values."""

    # Files that Python 2 wrote have tags such as !!python/unicode.
    Loader.add_multi_constructor("tag:yaml.org,2002:python/", _construct_plain)
    try:
        # Bytes: YAML says by itself how they are encoded.
        return yaml.load(path.read_bytes(), Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is no YAML that can be read: {error}") from error


def _construct_plain(loader, suffix, node):
    import yaml

    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)
