"""The YAML of recipes is YAML to PyYAML."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import sys

import pytest

from skaudeep.events._yaml import dump, load

HARD = [
    {
        "text": 'tab\t, quote ", backslash \\, colon: # hash, - dash',
        "lines": "a\nb\r\n\u2028\x85\x00\x7f\ufeff",
        "words": "注意 Käse \U0001f600",
        "looks like others": ["yes", "null", "1e5", "~", "", "- x", "0x1f", "-.inf"],
        "numbers": [0, -3, 0.1, 1e-5, 1.5e300, 1e22, 0.07675 + 0.1, -0.0],
        "infinite": [math.inf, -math.inf],
        "flags": [True, False, None],
        "nothing": [],
        "below": [{"b": 1, "a": "x"}, {"a": [{"c": 2.5}]}],
    },
    {"a": 1},
]


@pytest.mark.parametrize("value", [HARD, HARD[0]])
def test_what_is_written_is_read(value, tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "hard.yaml"
    path.write_text(dump(value), encoding="utf-8", newline="\n")
    again = load(path)
    assert again == value
    assert repr(again) == repr(
        [dict(sorted(item.items())) for item in value]
        if isinstance(value, list)
        else dict(sorted(value.items()))
    ).replace("{'b': 1, 'a': 'x'}", "{'a': 'x', 'b': 1}")


def test_nan_is_written(tmp_path):
    yaml = pytest.importorskip("yaml")
    assert math.isnan(yaml.safe_load(dump({"a": math.nan}))["a"])


def test_layout_is_that_of_the_recipes():
    assert dump([{"ebr": -math.inf, "event_present": False, "bg": "a/b.wav"}]) == (
        '- bg: "a/b.wav"\n  ebr: -.inf\n  event_present: false\n'
    )


def test_objects_of_python_are_read_as_plain_values(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "old.yaml"
    path.write_text(
        "- !!python/unicode 'name'\n"
        "- !!python/tuple [1, 2.5]\n"
        "- !!python/object/apply:os.system ['exit 1']\n"
        "- !!python/object:thing {a: 1}\n"
    )
    assert load(path) == ["name", [1, 2.5], ["exit 1"], {"a": 1}]


def test_damaged_file_is_named(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "damaged.yaml"
    path.write_text("a: [1, 2\nb: }")
    with pytest.raises(ValueError, match=r"damaged.yaml is no YAML"):
        load(path)


def test_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ImportError, match=r"some.yaml needs PyYAML.*skaudeep\[tut\]"):
        load(tmp_path / "some.yaml")
