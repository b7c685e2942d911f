"""Events of many recordings in one table."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Mapping
from pathlib import Path, PurePath

from skaudeep._event_lists import Event, check_event_lists
from skaudeep.events._event_rows import event_rows, file_name, make_frame
from skaudeep.events._merging import merge_overlaps
from skaudeep.events._text_lists import (
    find_tracks,
    format_list,
    format_track,
    read_list,
    read_track,
    write,
)

__all__ = ["EventTable"]


class EventTable:
    """Events of recordings; files without events are in it, too.

    Between the forms in which events are published, written down by hand, found and
    scored. A table does not change: methods return new ones.

    Parameters
    ----------
    events : DataFrame, mapping or iterable of rows, default=()
        A DataFrame with the columns ``file``, ``onset``, ``offset``, ``label`` and,
        if known, ``confidence``; ``filename``, ``event_onset``, ``event_offset``,
        ``event_label`` and ``score`` are other names of them, and further columns are
        ignored. A mapping from files to lists of events. Or rows: tuples in the
        order of these columns, or mappings with these keys. A row of which only the
        file is known is a file without events. Times are in seconds.
    files : sequence of str or path-like or None, default=None
        All files in their order, those without events among them. None takes those
        of `events`, in the order in which they come.

    Attributes
    ----------
    files : list of str
        All files, in order.
    labels : list of str
        The labels of the events, sorted.
    frame : DataFrame
        A new DataFrame with one row for every event and the columns file, onset,
        offset, label, confidence (NaN if unknown), in the order of the files. Needs
        pandas.

    See Also
    --------
    frame_labels : From events to what a network learns.
    events_from_frames : From what it says to events.

    Notes
    -----
    Two tables are equal if they have the same files in the same order and every file
    the same events in the same order.

    Examples
    --------
    >>> from skaudeep.events import EventTable
    >>> rows = [("a.wav", 0.5, 1.25, "gunshot"), ("a.wav", 1.0, 2.0, "gunshot")]
    >>> table = EventTable(rows, files=["a.wav", "b.wav"])
    >>> table
    EventTable(n_events=2, n_files=2, labels=['gunshot'])
    >>> table.frame
        file  onset  offset    label  confidence
    0  a.wav    0.5    1.25  gunshot         NaN
    1  a.wav    1.0    2.00  gunshot         NaN
    >>> table.merge_overlaps().event_lists()
    [[Event(onset=0.5, offset=2.0, label='gunshot', confidence=nan)], []]
    """

    _lists: dict[str, list[Event]]

    def __init__(self, events=(), files=None):
        self._fill(event_rows(events), files)

    @classmethod
    def from_event_lists(cls, files, y):
        """Make a table of event lists, such as a detector predicts.

        Parameters
        ----------
        files : sequence of str or path-like
            Names of the clips.
        y : list of event lists
            For every clip a list of its events (onset, offset, label[, confidence]).

        Returns
        -------
        EventTable
            The table.
        """
        y, files = check_event_lists(y, "y"), list(files)
        if len(files) != len(y):
            raise ValueError(f"{len(files)} files for the {len(y)} event lists of y.")
        table = cls(files=files)
        table._lists = dict(zip(table._lists, y, strict=True))
        return table

    @classmethod
    def read_list(cls, path, *, files=None, delimiter=None):
        r"""Read a text file with the events of many recordings.

        Such are the lists of the DCASE challenges, of sed_eval, sed_scores_eval and
        PSDS (psds_eval). With a header, columns are found by name: filename, onset,
        offset, event_label, confidence. Without one, a line is (file, onset, offset,
        label), (file, scene, onset, offset, label), whatever follows, or only (file),
        a file without events. A header without onset, offset and label makes a list
        of files, such as PSDS's table of durations.

        Parameters
        ----------
        path : str or path-like
            Text in UTF-8.
        files : sequence of str or path-like or None, default=None
            As in the constructor, for lists that leave files without events out.
        delimiter : {"\t", ";", ","} or None, default=None
            What parts the columns; None is a tab if there is one, else the more
            frequent of the others. Names may stand in quotation marks.

        Returns
        -------
        EventTable
            The table.

        Raises
        ------
        ValueError
            If a line is not such; the message names file, line and value.
        """
        table = cls()
        table._fill(read_list(path, delimiter), files)
        return table

    @classmethod
    def read_label_tracks(cls, paths, *, suffix="", label=None, delimiter=None):
        r"""Read text files with the events of one recording each.

        Such are label tracks exported by Audacity, and the annotations that sed_eval
        reads: onset, offset, label, with or without a header. Lines that begin with
        a backslash, the frequencies of a selection in Audacity's spectrogram, are
        left out. An empty file is a recording without events.

        Parameters
        ----------
        paths : str, path-like, sequence of these, or mapping
            A folder, whose ``*.txt`` are read in the order of their names; one file
            or several; or a mapping from recordings to these files.
        suffix : str, default=""
            Added to the name of the text file without its own suffix, it names the
            recording: ``".wav"`` makes ``a001.wav`` of ``labels/a001.txt``.
        label : str or None, default=None
            Label of events without one; None makes them an error.
        delimiter : {"\t", ";", ","} or None, default=None
            As in :meth:`read_list`. Quotation marks in columns parted by tabs belong
            to the label.

        Returns
        -------
        EventTable
            The table.
        """
        if not isinstance(paths, Mapping):
            paths = find_tracks(paths, suffix)
        y = [read_track(path, label, delimiter) for path in paths.values()]
        return cls.from_event_lists(paths, y)

    def write_list(self, path, *, header=True, confidence=False, overwrite=False):
        """Write one text file, columns parted by tabs, that `read_list` reads back.

        Times are written so that exactly they are read again.

        Parameters
        ----------
        path : str or path-like
            The file. It appears as a whole or not at all.
        header : bool, default=True
            With a header filename, onset, offset, event_label, as sed_scores_eval,
            psds_eval and DCASE's task 4 read it, a file without events has empty
            columns. Without, as in TUT Rare Sound Events, it has none.
        confidence : bool, default=False
            Whether there is a fifth column of this name; only below a header.
        overwrite : bool, default=False
            Whether a file that exists is replaced; otherwise it is an error.
        """
        if confidence and not header:
            raise ValueError("confidence=True needs header=True, got header=False.")
        text = format_list(self._lists, header=header, confidence=confidence)
        write({path: text}, overwrite)

    def write_label_tracks(self, folder, *, overwrite=False):
        """Write a label track for every recording, which Audacity imports.

        Parameters
        ----------
        folder : str or path-like
            Made if it is missing. ``audio/a001.wav`` becomes ``a001.txt`` in it.
        overwrite : bool, default=False
            Whether files that exist are replaced; otherwise they are an error, and
            none is written.
        """
        texts, sources = {}, {}
        for file, events in self._lists.items():
            path = Path(folder) / f"{PurePath(file).stem}.txt"
            if path in texts:
                raise ValueError(
                    f"{sources[path]!r} and {file!r} would both be written to {path}."
                )
            texts[path], sources[path] = format_track(file, events), file
        Path(folder).mkdir(parents=True, exist_ok=True)
        write(texts, overwrite)

    @property
    def files(self):
        return list(self._lists)

    @property
    def labels(self):
        lists = self._lists.values()
        return sorted({event.label for events in lists for event in events})

    @property
    def frame(self):
        rows = [
            (file, *event) for file, events in self._lists.items() for event in events
        ]
        return make_frame(("file", *Event._fields), rows)

    def event_lists(self, files=None):
        """Event lists, the y of a detector.

        Parameters
        ----------
        files : sequence of str or path-like or None, default=None
            Which, in this order; None takes all.

        Returns
        -------
        list of list of Event
            One list a file.

        Raises
        ------
        KeyError
            If a file is not in the table, not even without events.
        """
        names = self.files
        if files is not None:
            names = [file_name(file, "files") for file in files]
        for name in names:
            if name not in self._lists:
                raise KeyError(
                    f"{name!r} is none of the {len(self._lists)} files of the table, "
                    f"such as {self.files[:3]}."
                )
        return [list(self._lists[name]) for name in names]

    def merge_overlaps(self, gap=0.0):
        """Join events of one file and label that overlap, touch, or nearly so.

        Parameters
        ----------
        gap : float, default=0.0
            Longest pause in seconds over which events are joined.

        Returns
        -------
        EventTable
            With the events of each file in the order of their onsets. The confidence
            of a joint event is the highest of its parts.
        """
        if not 0 <= gap < math.inf:
            raise ValueError(f"gap must be at least 0 s and finite, got {gap!r}.")
        merged = [merge_overlaps(events, gap) for events in self._lists.values()]
        return self.from_event_lists(self._lists, merged)

    def to_sed_eval(self):
        """Lists of dicts for sed_eval's metrics, which take one file after the other.

        Returns
        -------
        dict of str to list of dict
            By file, with the keys filename, onset, offset, event_label.
        """
        keys = ("onset", "offset", "event_label")
        return {
            file: [
                {"filename": file, **dict(zip(keys, event[:3], strict=True))}
                for event in events
            ]
            for file, events in self._lists.items()
        }

    def to_sed_scores_eval(self):
        """Ground truth or detections as sed_scores_eval takes them.

        Returns
        -------
        dict of str to list of tuple
            (onset, offset, label) by file, whose name has lost its suffix, as in that
            library.
        """
        lists = {}
        for file, events in self._lists.items():
            name = file.rsplit(".", maxsplit=1)[0]
            if name in lists:
                raise ValueError(f"{file!r} and another file are both {name!r} there.")
            lists[name] = [tuple(event[:3]) for event in events]
        return lists

    def to_psds(self):
        """Table of ground truth or detections as psds_eval takes it.

        Returns
        -------
        DataFrame
            With the columns filename, onset, offset, event_label. Files without events
            are in psds_eval's other table, of durations: :meth:`to_psds_metadata`.
        """
        rows = [
            (file, *event[:3])
            for file, events in self._lists.items()
            for event in events
        ]
        return make_frame(("filename", "onset", "offset", "event_label"), rows)

    def to_psds_metadata(self, durations):
        """Table of durations that psds_eval needs beside the ground truth.

        Parameters
        ----------
        durations : float or mapping of str to float
            Length of all recordings, or of each, in seconds.

        Returns
        -------
        DataFrame
            With the columns filename and duration.
        """
        if not isinstance(durations, Mapping):
            durations = dict.fromkeys(self._lists, durations)
        missing = [file for file in self._lists if file not in durations]
        if missing:
            raise ValueError(
                f"durations must name every file, {missing[0]!r} is missing."
            )
        rows = [(file, float(durations[file])) for file in self._lists]
        return make_frame(("filename", "duration"), rows)

    def _fill(self, rows, files):
        """Take (file, Event or None, where this stands) into an empty table."""
        if isinstance(files, str):
            raise TypeError(f"files must be a list of files, got {files!r}.")
        given = () if files is None else files
        names = [file_name(file, "files") for file in given]
        self._lists = {name: [] for name in names}
        if len(self._lists) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"files must name each file once, {twice!r} comes twice.")
        for file, event, where in rows:
            if files is not None and file not in self._lists:
                raise ValueError(f"{where}: {file!r} is not in files.")
            events = self._lists.setdefault(file, [])
            if event is not None:
                events.append(event)

    def __len__(self):
        return sum(map(len, self._lists.values()))

    def __eq__(self, other):
        if not isinstance(other, EventTable):
            return NotImplemented
        # As text, NaN equals NaN.
        return repr(list(self._lists.items())) == repr(list(other._lists.items()))

    def __repr__(self):
        return (
            f"EventTable(n_events={len(self)}, n_files={len(self._lists)}, "
            f"labels={self.labels})"
        )
