from ._events_display import EventsDisplay as EventsDisplay
