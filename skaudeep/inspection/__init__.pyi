from ._events_display import EventsDisplay as EventsDisplay
from ._localization_display import LocalizationDisplay as LocalizationDisplay
