from ._event import Event as Event
from ._event_table import EventTable as EventTable
from ._frame_labels import events_from_frames as events_from_frames
from ._frame_labels import frame_labels as frame_labels
