from ._event import Event as Event
from ._event_table import EventTable as EventTable
from ._frame_labels import events_from_frames as events_from_frames
from ._frame_labels import frame_labels as frame_labels
from ._mixtures import make_mixtures as make_mixtures
from ._sources import split_sources as split_sources
from ._tut import read_rare_event_mixtures as read_rare_event_mixtures
from ._tut import read_tut_sources as read_tut_sources
