"""``skaudeep plot``."""
# SPDX-License-Identifier: BSD-3-Clause

import functools
from pathlib import Path

import click

from skaudeep.cli._console import pass_console
from skaudeep.cli._corpus import corpus_argument, corpus_options
from skaudeep.cli._recipe import merge_settings, recipe_options

__all__ = ["plot"]

_PATH = click.Path(exists=True, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(no_args_is_help=False)
def plot():
    """Draw pictures to files."""


def _picture_options(function):
    """Make a command that writes a picture of what draws and returns a display.

    The function returns it with a dict of what else there is to say.
    """

    @pass_console
    @functools.wraps(function)
    def command(console, *args, output, overwrite, **values):
        import matplotlib

        from skaudeep.cli._pictures import check_picture, save_figure

        check_picture(output, overwrite)
        # Other backends open a window as soon as there is a figure.
        matplotlib.use("Agg")
        from matplotlib import pyplot

        display, facts = function(*args, **values)
        save_figure(display.figure_, output, overwrite)
        pyplot.close(display.figure_)
        console.result(
            {"output": str(output), **facts},
            "\n".join(
                [*(f"{k}: {v}" for k, v in facts.items()), f"Drawn to {output}."]
            ),
        )

    command = click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        metavar="FILE",
        help="The picture: .png, .pdf or .svg.",
    )(command)
    return click.option(
        "--overwrite", is_flag=True, help="Replace a picture that exists."
    )(command)


@plot.command()
@click.argument("recording", type=_FILE)
@_picture_options
@recipe_options
def spectrogram(recording, config, options):
    """Draw a recording's levels and their histogram, to choose --clip-below by.

    The lines are the levels of --clip-below and --clip-above, and the numbers the
    shares of the levels that these would raise and lower.
    """
    from skaudeep import Recording
    from skaudeep.cli._recipe_stages import build
    from skaudeep.inspection import SpectrogramDisplay

    settings = merge_settings(config, options)
    given = settings.setdefault("spectrogram", {})
    levels = given.get("clip_below")
    if isinstance(levels, list | tuple):
        if len(levels) > 1:
            raise ValueError("--clip-below must be one level to draw, got several.")
        given["clip_below"] = levels[0]
    views = settings.get("channels", {}).get("views")
    if isinstance(views, list | tuple):
        if len(views) > 1:
            raise ValueError("--channel must be one view to draw, got several.")
        views = views[0]
    display = SpectrogramDisplay.from_recording(
        Recording(str(recording), channel=_channel(views)),
        build(settings, "spectrogram"),
    )
    facts = {
        name: round(float(share), 4)
        for name, share in (
            ("share_below", display.share_below_),
            ("share_above", display.share_above_),
        )
        if share is not None
    }
    return display, facts


def _channel(view):
    return int(view) if isinstance(view, str) and view.isdecimal() else view


@plot.command()
@click.argument("model", type=_PATH)
@click.argument("recording", type=_FILE)
@click.option(
    "--branch",
    metavar="NAME",
    help="Which autoencoder, if the model has several: its channel and clip level.",
)
@click.option(
    "--method",
    type=click.Choice(["reconstruct", "inverse_transform"]),
    default="reconstruct",
    show_default=True,
    help="Whether the decoder is fed as in training or has the representation alone.",
)
@_picture_options
def reconstruction(model, recording, branch, method):
    """Draw a recording's spectrogram and what an autoencoder makes of it.

    MODEL is a saved Seq2SeqAutoencoder with the steps before it, as skaudeep train and
    skaudeep extract save them.
    """
    from skaudeep import io
    from skaudeep.cli._autoencoders import find_autoencoder
    from skaudeep.inspection import ReconstructionDisplay

    before, autoencoder = find_autoencoder(io.load(model), branch)
    spectrogram = before[-1]
    sequence = before.transform([str(recording)])[0]
    scales = {}
    if hasattr(spectrogram, "frame_times"):
        first, second = spectrogram.frame_times(2)
        scales = {"hop": float(second - first), "window": float(2 * first)}
        scales["frequencies"] = spectrogram.band_frequencies()
    display = ReconstructionDisplay.from_estimator(
        autoencoder, sequence, method=method, **scales
    )
    return display, {"error": round(display.error_, 4)}


@plot.command("learning-curve")
@click.argument("sources", nargs=-1, required=True, type=_PATH)
@_picture_options
def learning_curve(sources):
    """Draw the losses of trainings, epoch by epoch.

    SOURCES are saved models, and histories that skaudeep train --history has written.
    """
    from skaudeep.cli._histories import read_histories
    from skaudeep.inspection import HistoryDisplay

    histories = read_histories(sources)
    display = HistoryDisplay.from_history(histories)
    return display, {"trainings": len(histories)}


@plot.command("map")
@corpus_argument
@click.option(
    "--method",
    type=click.Choice(["pca", "tsne"]),
    default="pca",
    show_default=True,
    help="Principal components, or t-SNE.",
)
@click.option(
    "--perplexity",
    type=float,
    default=30.0,
    show_default=True,
    help="Neighbours of a clip in t-SNE; lowered for few clips.",
)
@click.option(
    "--model",
    type=_PATH,
    metavar="MODEL",
    help="Saved pipeline that makes the features of a corpus; otherwise the recipe "
    "does, fitted on the corpus.",
)
@click.option("--no-scaling", is_flag=True, help="Leave the features as they are.")
@_picture_options
@corpus_options
@recipe_options
def feature_map(
    path,
    method,
    perplexity,
    model,
    no_scaling,
    corpus_options,
    config,
    options,
):
    """Draw a map of clips, on which those of like features are close.

    CORPUS is a file of features, a table, a folder or the root of a known corpus.
    Features are standardised first.
    """
    from skaudeep.cli._feature_maps import features_and_labels
    from skaudeep.cli._recipe_stages import plain_value
    from skaudeep.inspection import FeatureMapDisplay

    settings = merge_settings(config, options)
    X, labels = features_and_labels(path, corpus_options, settings, model)
    if not no_scaling:
        from sklearn.preprocessing import StandardScaler

        X = StandardScaler().fit_transform(X)
    display = FeatureMapDisplay.from_features(
        X,
        labels,
        method=method,
        perplexity=perplexity,
        random_state=plain_value(settings["random_state"]),
    )
    return display, {"clips": len(X), "features": X.shape[1]}
