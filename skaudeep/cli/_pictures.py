"""Pictures as files; no window is ever opened."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["check_picture", "save_confusion_matrix", "save_figure"]

_FORMATS = (".png", ".pdf", ".svg")


def check_picture(path, overwrite=False):
    """Refuse a picture that could not be written, before it is drawn."""
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(
            f"The picture {str(path)!r} must end in one of {', '.join(_FORMATS)}."
        )
    if path.exists() and not overwrite:
        raise FileExistsError(f"{str(path)!r} exists; --overwrite replaces it.")


def save_figure(figure, path, overwrite=False):
    """Write a figure, in the format that the name says."""
    from skaudeep._files import atomic_path

    with atomic_path(path, overwrite) as temporary:
        figure.savefig(temporary, format=path.suffix.lower()[1:], dpi=150)


def save_confusion_matrix(path, matrix, labels, overwrite=False):
    """Draw counts, coloured by the share of the true class."""
    import numpy as np
    from matplotlib.figure import Figure
    from sklearn.metrics import ConfusionMatrixDisplay

    counts = np.array(matrix)
    size = 3.0 + 0.45 * len(labels)
    figure = Figure(figsize=(size + 1.0, size), layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    display = ConfusionMatrixDisplay(shares, display_labels=labels)
    display.plot(
        ax=axes, cmap="Blues", xticks_rotation="vertical", im_kw={"vmin": 0, "vmax": 1}
    )
    cells = zip(display.text_.ravel(), counts.ravel(), shares.ravel(), strict=True)
    for text, count, share in cells:
        text.set_text(f"{count}")
        # Chosen for the colours of 0 to 1, not for those that happen to occur.
        text.set_color("white" if share > 0.6 else "black")
        # Within the axes, so that nothing has to make room for thousands of them.
        text.set_in_layout(False)
    display.im_.colorbar.set_label("Share of the true class")
    save_figure(figure, path, overwrite)
