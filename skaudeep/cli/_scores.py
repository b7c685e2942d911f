"""Scores of predictions: of every split, over all, and as a table."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["confusion_table", "score_split", "scores_of", "summarise"]


def score_split(split):
    """Scores of one split, of the clips that have a prediction.

    Parameters
    ----------
    split : Bunch
        As :func:`skaudeep.cli._evaluation.cross_validate` yields them.

    Returns
    -------
    dict of str to float
        Empty if no clip has one.
    """
    from sklearn.base import is_regressor

    rows = np.flatnonzero([label is not None for label in split.labels])
    if not len(rows):
        return {}
    y_true, labels = split.y_true[rows], split.labels[rows]
    if np.ndim(y_true) == 2:
        return _tag_scores(y_true, labels, split.probabilities[rows])
    return scores_of(y_true, labels, regression=is_regressor(split.estimator))


def scores_of(y_true, y_pred, *, regression=False):
    """Unweighted average recall and accuracy, or those of a regression."""
    if not regression:
        from sklearn.metrics import accuracy_score

        from skaudeep.metrics import unweighted_average_recall

        y_pred = np.array(y_pred.tolist())
        return {
            "UAR": float(unweighted_average_recall(y_true, y_pred)),
            "accuracy": float(accuracy_score(y_true, y_pred)),
        }
    from scipy.stats import pearsonr
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    y_pred = y_pred.astype(np.float64)
    scores = {
        "RMSE": float(root_mean_squared_error(y_true, y_pred)),
        "MAE": float(mean_absolute_error(y_true, y_pred)),
    }
    if len(y_true) > 1:
        scores["R2"] = float(r2_score(y_true, y_pred))
        if np.ptp(y_true) > 0 and np.ptp(y_pred) > 0:
            scores["Pearson"] = float(pearsonr(y_true, y_pred).statistic)
    return scores


def _tag_scores(y_true, labels, probabilities):
    from sklearn.metrics import f1_score

    from skaudeep.metrics import equal_error_rate

    y_pred = np.stack(list(labels))
    return {
        "EER": float(equal_error_rate(y_true, probabilities)),
        "F1 micro": float(f1_score(y_true, y_pred, average="micro", zero_division=0)),
        "F1 macro": float(f1_score(y_true, y_pred, average="macro", zero_division=0)),
    }


def summarise(splits):
    """Mean and standard deviation of each score over the splits that have it.

    The divisor of the deviation is the number of splits: it describes these.
    """
    names = dict.fromkeys(name for scores in splits for name in scores)
    summary = {}
    for name in names:
        values = [scores[name] for scores in splits if name in scores]
        summary[name] = {"mean": float(np.mean(values)), "std": float(np.std(values))}
    return summary


def confusion_table(matrix, labels):
    """A confusion matrix as text: rows are true, columns predicted labels."""
    from skaudeep.cli._tables import text_table

    # Long names would make the columns as wide; the rows have them in full.
    header = ["true \\ predicted", *(str(label)[:8] for label in labels), "recall"]
    rows = []
    for i, (label, counts) in enumerate(zip(labels, matrix, strict=True)):
        recall = f"{counts[i] / sum(counts):.3f}" if sum(counts) else "-"
        rows.append([str(label), *counts, recall])
    return text_table(rows, header)
