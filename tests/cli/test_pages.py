"""The pages of the command line name what there was and what there is."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from importlib import import_module
from pathlib import Path

import click
import pytest

from skaudeep.cli._app import _skaudeep

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide"
OLD_TO_NEW = GUIDE / "from_audeep_and_deep_spectrum.rst"

# Section of the page, and all that stands there of the old command's options.
OLD = {
    "All commands of auDeep": "--verbose -v --quiet -q --log-file --debug --version "
    "--help -h",
    "``audeep preprocess``": "--basedir --parser --output --mel-spectrum "
    "--window-width --window-overlap --clip-above --clip-below --chunk-length "
    "--chunk-count --channels --fixed-length --center-fixed --pretend",
    "``audeep t-rae train``, ``audeep f-rae train``, ``audeep ft-rae train``": (
        "--batch-size --num-epochs --learning-rate --run-name --checkpoints-to-keep "
        "--input --tempdir --continue --num-layers --num-units "
        "--bidirectional-encoder --bidirectional-decoder --cell --keep-prob "
        "--encoder-noise --feed-previous-prob --mask-silence --freq-window-width "
        "--freq-window-overlap --num-f-layers --num-f-units --num-t-layers "
        "--num-t-units --bidirectional-f-encoder --bidirectional-f-decoder "
        "--bidirectional-t-encoder --bidirectional-t-decoder --f-encoder-noise "
        "--t-encoder-noise --f-feed-previous-prob --t-feed-previous-prob"
    ),
    "``audeep t-rae generate``, ``audeep f-rae generate``, "
    "``audeep ft-rae generate``": "--model-dir --steps --input --output --batch-size",
    "``audeep mlp evaluate``, ``audeep svm evaluate``": "--input --cross-validate "
    "--train-partitions --eval-partitions --upsample --majority-vote --repeat "
    "--learning-rate --num-epochs --num-layers --num-units --keep-prob --shuffle "
    "--complexity",
    "``audeep mlp predict``, ``audeep svm predict``": "--train-input "
    "--train-partitions --eval-input --eval-partitions --upsample --majority-vote "
    "--output --learning-rate --num-epochs --num-layers --num-units --keep-prob "
    "--shuffle --complexity",
    "``audeep export``": "--input --format --labels-last --name --output",
    "``audeep import``": "--basedir --name --filename-attribute --chunk-nr-attribute "
    "--label-nominal-attribute --label-numeric-attribute --output",
    "``audeep modify``": "--input --add-cv-setup --add-partitioning --remove-cv-setup "
    "--remove-partitioning --output",
    "``audeep upsample``": "--input --partitions --output",
    "``audeep fuse``, ``audeep fuse chunks``": "--input --dimension --output",
    "``audeep validate``": "--input --detailed",
    "``audeep inspect raw``": "--basedir --parser",
    "``audeep inspect netcdf``": "--input --instance --detailed-folds",
    "``audeep visualize tsne``": "--input --perplexity --learning-rate --output",
    "``deepspectrum features``": "-c --config -np --number-of-processes -s --start -e "
    "--end -t --window-size-and-hop -nfft -cm --colour-map -fql --frequency-limit -sr "
    "--sample-rate -so --spectrogram-out -wo --wav-out -m --mode -nm "
    "--number-of-melbands -fs --frequency-scale -d --delta -ppdfs -en "
    "--extraction-network -fl --feature-layer -bs --batch-size -o --output -lf "
    "--label-file -el --explicit-label -tc --time-continuous -nts --no-timestamps "
    "-nl --no-labels -v -vv",
    "``deepspectrum features-with-parser``": "-p --parser",
    "``deepspectrum plot``": "-so --spectrogram-out -ppdfs",
    "``deepspectrum image-features``": "-c --config -np --number-of-processes -en "
    "--extraction-network -fl --feature-layer -bs --batch-size -lf --label-file -el "
    "--explicit-label -o --output -nl --no-labels",
    "Settings of Deep Spectrum": "size backend audioFormats imageFormats",
}
PARSERS = (
    "MetaParser",
    "NoMetadataParser",
    "DCASEParser",
    "dcase",
    "dcase18_task4",
    "ESCParser",
    "UrbanSound8KParser",
    "PartitionedParser",
    "CrossValidatedParser",
    "compare18_atypical_affect",
    "compare18_crying",
    "compare18_heartbeat",
    "compare18_sas",
    "compare19_bs",
    "compare19_cs",
    "compare19_oa",
    "compare19_sd",
    "compare20_mask",
    "compare20_elderly",
    "Compare21Parser",
)


def sections(path):
    """Text of each section by its title."""
    text = path.read_text(encoding="utf-8")
    found = list(re.finditer(r"^(\S.*)\n[-=]{4,}\n", text, flags=re.MULTILINE))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        match[1]: text[match.end() : end]
        for match, end in zip(found, ends, strict=True)
    }


def rows(section):
    """Old and new cell of each row of the section's tables, without the headers."""
    for table in section.split(".. list-table::")[1:]:
        cells = re.findall(
            r"^   \* - (.*?)\n     - (.*?)(?=^   \* - |^\S|\Z)",
            table,
            flags=re.MULTILINE | re.DOTALL,
        )
        yield from cells[1:]


def literals(text):
    return re.findall(r"``(.+?)``", " ".join(text.split()))


def words_of(text):
    return {word for literal in literals(text) for word in literal.split()}


@pytest.mark.parametrize(
    ("title", "name"),
    [(title, name) for title, names in OLD.items() for name in names.split()],
)
def test_every_old_option_has_a_row(title, name):
    cells = [old for old, _ in rows(sections(OLD_TO_NEW)[title])]
    assert any(name in words_of(old) for old in cells)


@pytest.mark.parametrize("name", PARSERS)
def test_every_old_parser_has_a_row(name):
    cells = [old for old, _ in rows(sections(OLD_TO_NEW)["auDeep's parsers"])]
    assert any(name in words_of(old) for old in cells)


def command_of(words):
    """The command that words after ``skaudeep`` call, and the words behind it."""
    command = _skaudeep
    words = list(words)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(None, words[0])
        assert found is not None, f"there is no command {words[0]}"
        command = found
        words.pop(0)
    return command, words


def options_of(command):
    names = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    return names | {"--help"}


def test_every_new_option_of_the_page_exists():
    n_checked = 0
    for title, section in sections(OLD_TO_NEW).items():
        # A header's cell names the command whose options stand alone in its table.
        headers = [
            command_of(literal.split()[1:])[0]
            for header in re.findall(r"^   \* - .*\n     - (.*)", section, re.MULTILINE)
            for literal in literals(header)
            if literal.startswith("skaudeep ")
        ]
        for _, new in rows(section):
            for literal in literals(new):
                words = literal.split()
                commands = headers
                if words[0] == "skaudeep":
                    command, words = command_of(words[1:])
                    commands = [command]
                for word in words:
                    if word.startswith("-"):
                        known = set().union(*map(options_of, commands))
                        assert word in known, f"{title}: {literal}"
                        n_checked += 1
    assert n_checked > 100


def test_every_row_has_a_counterpart_or_a_reason():
    for title, section in sections(OLD_TO_NEW).items():
        for old, new in rows(section):
            assert literals(new) or ":" in new or "argument" in new, (title, old)


@pytest.mark.parametrize("path", [GUIDE / "command_line.rst", OLD_TO_NEW])
def test_every_command_that_is_shown_is_understood(path):
    text = path.read_text(encoding="utf-8")
    shown = re.findall(r"^   \$ skaudeep (.*)$", text, flags=re.MULTILINE)
    shown += [
        literal.removeprefix("skaudeep ")
        for literal in re.findall(r"``(skaudeep .+?)``", " ".join(text.split()))
    ]
    assert shown
    for line in shown:
        command, words = command_of(line.split())
        for word in words:
            if word.startswith("-") and not word[1:].isdecimal():
                assert word in options_of(command), line


@pytest.mark.parametrize("path", [GUIDE / "command_line.rst", OLD_TO_NEW])
def test_every_name_that_is_referred_to_exists(path):
    text = path.read_text(encoding="utf-8")
    names = re.findall(r":(?:func|class):`~(.+?)`", text)
    assert names
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute), name


@pytest.mark.parametrize("name", ["inspect", "extract", "convert"])
def test_every_option_is_explained(name):
    command, _ = command_of([name])
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.endswith("."), parameter.name
