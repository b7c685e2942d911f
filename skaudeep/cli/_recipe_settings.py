"""The settings of a recipe: of a preset, a file and the command line."""
# SPDX-License-Identifier: BSD-3-Clause

from skaudeep.cli._recipe_options import FEATURES, OPTIONS

__all__ = ["merge_settings"]

# The sections that --n-units and the like can mean.
_NETWORKS = ("representation", "classifier")
# What a word that needs no quotes in --set does not begin with.
_TOML_BEGINNINGS = tuple("\"'[{+-0123456789")


def merge_settings(config_path=None, options=None):
    """Settings of a preset, a file and the command line, each before the one before.

    Parameters
    ----------
    config_path : path-like or None, default=None
        TOML, or YAML if it ends in ``.yaml`` or ``.yml``: sections of parameters.
    options : dict or None, default=None
        What :func:`recipe_options` and :func:`classifier_options` collect; None and
        empty values are options not given.

    Returns
    -------
    dict
        Sections, each a dict of parameters, and ``random_state``, ``n_jobs``, which
        hold for all. A part that changes the type of a section begins it anew.

    Raises
    ------
    ValueError
        For a file that cannot be understood, or an unknown section or parameter.
    """
    from skaudeep.cli._recipe_stages import check_settings

    given = {
        name: value
        for name, value in (options or {}).items()
        if value is not None and value != ()
    }
    file = {} if config_path is None else _read(config_path)
    settings = {}
    preset = given.pop("preset", file.pop("preset", None))
    if preset is not None:
        from skaudeep.cli._recipe_presets import preset_settings

        settings = preset_settings(preset)
    _update(settings, file)
    check_settings(settings)
    _update(settings, _chosen_types(given))
    _update(settings, _from_options(settings, given))
    for assignment in given.get("assignments", ()):
        _update(settings, _from_assignment(assignment))
    check_settings(settings)
    settings.setdefault("random_state", 0)
    return settings


def _read(path):
    """The settings of a file."""
    from skaudeep.io._text_lines import read_text

    text = read_text(path)
    try:
        if path.suffix.lower() in (".yaml", ".yml"):
            settings = _parse_yaml(text)
        else:
            import tomllib

            settings = tomllib.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{path} must hold sections of parameters.")
    return {name: {} if value is None else value for name, value in settings.items()}


def _parse_yaml(text):
    try:
        import yaml
    except ImportError as error:
        raise ImportError(
            "A recipe in YAML needs pyyaml: pip install skaudeep[files]. TOML needs "
            "nothing."
        ) from error
    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _chosen_types(given):
    """The settings that options give which choose a type; first of all."""
    layer = {}
    if "features" in given:
        layer = {name: dict(part) for name, part in FEATURES[given["features"]].items()}
    for name, value in given.items():
        section, parameter, _ = OPTIONS.get(name, (None, None, None))
        if parameter == "type":
            layer.setdefault(section, {})["type"] = value
    return layer


def _from_options(settings, given):
    """The settings that all other options give."""
    from skaudeep.cli._recipe_stages import kind_of

    layer = {}
    for name, value in given.items():
        section, parameter, words = OPTIONS.get(name, (None, None, None))
        if section is None or parameter == "type":
            continue
        if section == "network":
            section = _NETWORKS[kind_of(settings, "representation") == "none"]
        value = words[value] if words else value
        layer.setdefault(section, {})[parameter] = value
    if "seed" in given:
        layer["random_state"] = given["seed"]
    if "n_jobs" in given:
        layer["n_jobs"] = given["n_jobs"]
    return layer


def _from_assignment(text):
    """The setting that ``section.parameter=value`` gives."""
    import tomllib

    name, equals, value = text.partition("=")
    section, _, parameter = name.strip().partition(".")
    if not equals or not section:
        raise ValueError(f"--set must be SECTION.PARAMETER=VALUE, got {text!r}.")
    value = value.strip()
    try:
        value = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError as error:
        if not value or value.startswith(_TOML_BEGINNINGS):
            raise ValueError(f"--set {text}: {value!r} is no value: {error}") from error
    return {section: {parameter: value} if parameter else value}


def _update(settings, layer):
    """Let one part of the settings override those before; never changes `layer`."""
    for section, values in layer.items():
        before = settings.get(section)
        if not isinstance(values, dict) or not isinstance(before, dict):
            settings[section] = dict(values) if isinstance(values, dict) else values
        elif "type" in values and values["type"] != _type_before(settings, section):
            settings[section] = dict(values)
        else:
            settings[section] = {**before, **values}


def _type_before(settings, section):
    from skaudeep.cli._recipe_stages import SECTIONS, kind_of

    has_types = isinstance(SECTIONS.get(section), dict) and SECTIONS[section]
    return kind_of(settings, section) if has_types else None
