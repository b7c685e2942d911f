"""Settings of a recipe as the text of a file."""
# SPDX-License-Identifier: BSD-3-Clause

import json

__all__ = ["settings_text"]


def settings_text(settings):
    """Settings as TOML, for a report or to begin a file of one's own with."""
    lines = [
        f"{name} = {_value(value)}"
        for name, value in settings.items()
        if not isinstance(value, dict)
    ]
    for section, values in settings.items():
        if isinstance(values, dict):
            lines += ["", f"[{section}]"]
            lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    return "\n".join(lines).strip()


def _value(value):
    if value is None:
        return '"None"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        items = (f"{json.dumps(key)} = {_value(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, float):
        # TOML's own words for the three that JSON has not.
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
