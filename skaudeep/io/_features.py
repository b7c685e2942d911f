"""Features into files of other tools, and back."""
# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from pathlib import Path

from skaudeep._files import atomic_path, atomic_paths, made_folders
from skaudeep._validation import StrOptions, validate_params
from skaudeep.io._arff import read_arff, write_arff
from skaudeep.io._autrainer import read_autrainer, write_autrainer
from skaudeep.io._columns import Names
from skaudeep.io._csv import read_csv, write_csv
from skaudeep.io._feature_table import FeatureTable
from skaudeep.io._folders import find_parts, join_parts, split_parts
from skaudeep.io._libsvm import read_libsvm, write_libsvm
from skaudeep.io._netcdf import read_netcdf, write_netcdf
from skaudeep.io._parquet import read_parquet, write_parquet

__all__ = ["load_features", "save_features"]

_EXTENSIONS = {
    ".nc": "netcdf",
    ".csv": "csv",
    ".arff": "arff",
    ".parquet": "parquet",
    ".libsvm": "libsvm",
    ".svmlight": "libsvm",
}
_FORMATS = ("netcdf", "csv", "arff", "parquet", "libsvm", "autrainer")
_TEXT = ("csv", "arff")
_NEEDED = {
    "netcdf": ("xarray", "h5netcdf"),
    "csv": ("pyarrow",),
    "arff": ("pyarrow", "arff"),
    "parquet": ("pyarrow",),
    "libsvm": ("pyarrow",),
    "autrainer": (),
}
_WRITERS = {
    "netcdf": write_netcdf,
    "csv": write_csv,
    "arff": write_arff,
    "parquet": write_parquet,
    "libsvm": write_libsvm,
}


@validate_params(
    {
        "format": [StrOptions({*_FORMATS}), None],
        "layout": [StrOptions({"audeep", "deepspectrum"})],
        "labels_last": ["boolean"],
        "folders": ["boolean"],
        "features_subdir": [str],
        "overwrite": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def save_features(
    data,
    path,
    *,
    format=None,
    layout="audeep",
    labels_last=False,
    folders=False,
    features_subdir="features",
    overwrite=False,
):
    """Write features and what is known of their clips to a file.

    A file appears as a whole or not at all.

    Parameters
    ----------
    data : FeatureTable or array-like
        What is written; an array, a DataFrame or a list of sequences is made a
        :class:`FeatureTable` first.
    path : str or path-like
        The file; for autrainer the folder of the data set.
    format : {"netcdf", "csv", "arff", "parquet", "libsvm", "autrainer"} or None
        None, the default, chooses by the extension: ``.nc``, ``.csv``, ``.arff``,
        ``.parquet``, ``.libsvm`` or ``.svmlight``.
    layout : {"audeep", "deepspectrum"}, default="audeep"
        Names and order of the columns of CSV and ARFF. Deep Spectrum's has timestamps
        in place of numbers of chunks, and targets of any kind.
    labels_last : bool, default=False
        Whether in auDeep's layout the labels are the last columns of CSV and ARFF.
    folders : bool, default=False
        Whether CSV and ARFF are spread over folders as by auDeep: ``out/a.csv`` becomes
        ``out/train/a.csv`` and so on with partitions, ``out/fold_1/a.csv`` and so on,
        what each fold is tested on, with folds, and ``out/train/fold_1/a.csv`` with
        both.
    features_subdir : str, default="features"
        Folder of the arrays within that of autrainer's data set.
    overwrite : bool, default=False
        Whether files that exist are replaced; otherwise they are an error.

    Raises
    ------
    FileExistsError
        If a file exists and `overwrite` is False. Nothing is written then.
    IsADirectoryError
        If `path` is a folder, and the format is of a file.
    ValueError
        If the format cannot hold the features or what they need.

    See Also
    --------
    load_features : Reads them.

    Notes
    -----
    Single-precision numbers are read back as they were, bit by bit, from every format.
    What else a format holds is in the user guide. ``pip install "skaudeep[files]"``
    installs what they need.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.io import FeatureTable, load_features, save_features
    >>> table = FeatureTable(
    ...     [[0.5, 0.1], [0.25, 2.0]], ["a.wav", "b.wav"], target=["park", "tram"]
    ... )
    >>> path = Path(tempfile.mkdtemp()) / "features.csv"
    >>> save_features(table, path)
    >>> print(path.read_text())
    filename,chunk_nr,label_nominal,label_numeric,feature_0,feature_1
    a.wav,0,park,0,0.5,0.1
    b.wav,0,tram,1,0.25,2
    """
    path = Path(path)
    format = _find_format(path, format)
    for option, value, default, formats in (
        ("layout", layout, "audeep", _TEXT),
        ("labels_last", labels_last, False, _TEXT),
        ("folders", folders, False, _TEXT),
        ("features_subdir", features_subdir, "features", ("autrainer",)),
    ):
        if value != default and format not in formats:
            raise ValueError(
                f"{option} is for {' and '.join(formats)}, got {option}={value!r} with "
                f"format={format!r}."
            )
    if labels_last and layout != "audeep":
        raise ValueError(
            "labels_last is for layout='audeep'; the labels of layout='deepspectrum' "
            "are always the last."
        )
    table = data if isinstance(data, FeatureTable) else FeatureTable(data)
    if format == "autrainer":
        write_autrainer(table, path, features_subdir, overwrite)
        return
    options = (layout, labels_last) if format in _TEXT else ()
    if not folders:
        if path.is_dir():
            raise IsADirectoryError(
                f"{str(path)!r} is a folder, and not replaced by a file."
            )
        with atomic_path(path, overwrite) as temporary:
            _WRITERS[format](table, temporary, *options)
        return
    parts = split_parts(table)
    paths = [path.parent / folder / path.name for folder in parts]
    with (
        made_folders([path.parent for path in paths]),
        atomic_paths(paths, overwrite) as temporaries,
    ):
        for temporary, rows in zip(temporaries, parts.values(), strict=True):
            _WRITERS[format](table.take(rows), temporary, *options)


@validate_params(
    {
        "format": [StrOptions({*_FORMATS}), None],
        "filename_column": [str, None],
        "chunk_column": [str, None],
        "timestamp_column": [str, None],
        "label_column": [str, list, tuple, None],
        "numeric_label_column": [str, None],
        "features_subdir": [str],
    },
    prefer_skip_nested_validation=True,
)
def load_features(
    path,
    *,
    format=None,
    filename_column=None,
    chunk_column=None,
    timestamp_column=None,
    label_column=None,
    numeric_label_column=None,
    features_subdir="features",
):
    r"""Read features that `save_features` wrote, or auDeep, Deep Spectrum and others.

    Parameters
    ----------
    path : str or path-like
        The file; for autrainer the folder of the data set. If there is no such CSV or
        ARFF, it is looked for in the folders of partitions and folds beside, as
        `save_features` describes them under `folders`.
    format : {"netcdf", "csv", "arff", "parquet", "libsvm", "autrainer"} or None
        None, the default, chooses by the extension; a folder is autrainer's.
    filename_column : str or None, default=None
        Name of the column of CSV, ARFF, Parquet, or of autrainer's lists, that names
        the recording. None for filename or name, if there is one.
    chunk_column : str or None, default=None
        That of the number of the chunk. None for chunk_nr, if there is one.
    timestamp_column : str or None, default=None
        That of the beginning of the chunk in seconds. None for timeStamp, if there is
        one.
    label_column : str, list of str or None, default=None
        That of the label, or those of several targets a row. None for label_nominal or
        class, or for all columns behind Deep Spectrum's neurons.
    numeric_label_column : str or None, default=None
        That of the number of the label. None for label_numeric, if there is one.
    features_subdir : str, default="features"
        Folder of the arrays within that of autrainer's data set.

    Returns
    -------
    FeatureTable
        ``X, y = table.features, table.target``, and ``cv=table.cv`` if there are folds.
        All columns that have no other meaning are features.

    Raises
    ------
    ValueError
        If something in the file is not as it should be; the message names file, row and
        column.

    See Also
    --------
    save_features : Writes them.

    Notes
    -----
    Rows without a name are named ``synthetic_<file>_<row>``, as by auDeep. Rows that
    lie in the folders of several folds become one.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.io import load_features
    >>> path = Path(tempfile.mkdtemp()) / "features.csv"
    >>> text = "name,timeStamp,neuron_0,class\na.wav,0,0.5,dog\na.wav,1,2.5,dog\n"
    >>> _ = path.write_text(text)
    >>> table = load_features(path)
    >>> table
    FeatureTable(n_rows=2, n_clips=1, shape=(1,), classes=['dog'])
    >>> table.features, table.timestamps
    (array([[0.5],
           [2.5]], dtype=float32), array([0., 1.]))
    """
    path = Path(path)
    if format is None and path.is_dir():
        format = "autrainer"
    format = _find_format(path, format)
    asked = Names(
        filename_column,
        chunk_column,
        timestamp_column,
        label_column,
        numeric_label_column,
    )
    _check_asked(asked, format)
    if format == "autrainer":
        return read_autrainer(path, features_subdir, asked)
    if format in _TEXT and not path.is_file():
        parts = find_parts(path)
        if parts:
            return join_parts(
                [
                    (_read(file, format, asked, path.parent), file, partition, fold)
                    for file, partition, fold in parts
                ]
            )
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    return _read(path, format, asked, path.parent)


def _find_format(path, format):
    if format is None and path.suffix.lower() not in _EXTENSIONS:
        raise ValueError(
            f"The extension of {str(path)!r} must be one of {list(_EXTENSIONS)}, or "
            f"format one of {list(_FORMATS)}."
        )
    format = format or _EXTENSIONS[path.suffix.lower()]
    for module in _NEEDED[format]:
        try:
            import_module(module)
        except ImportError as error:
            raise ImportError(
                f"format={format!r} needs the module {module}: pip install "
                '"skaudeep[files]"'
            ) from error
    return format


def _check_asked(asked, format):
    supported = {"csv": asked._fields, "arff": asked._fields, "parquet": asked._fields}
    supported["autrainer"] = ("filename", "label")
    for field, name in asked._asdict().items():
        if name is not None and field not in supported.get(format, ()):
            raise ValueError(
                f"The columns of format={format!r} have fixed names, got {name!r} for "
                f"the {field.replace('_', ' ')}."
            )


def _read(path, format, asked, root):
    if format == "netcdf":
        return read_netcdf(path)
    prefix = f"synthetic_{path.relative_to(root).as_posix()}"
    if format == "libsvm":
        return read_libsvm(path, prefix)
    readers = {"csv": read_csv, "arff": read_arff, "parquet": read_parquet}
    return readers[format](path, asked, prefix)
