from ._mixtures import make_mixtures as make_mixtures
from ._sources import split_sources as split_sources
from ._tut import read_rare_event_mixtures as read_rare_event_mixtures
from ._tut import read_tut_sources as read_tut_sources
