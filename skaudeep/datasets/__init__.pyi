from ._backgrounds import make_backgrounds as make_backgrounds
from ._chime_home import load_chime_home as load_chime_home
from ._dcase import read_dcase_folds as read_dcase_folds
from ._folds import PredefinedFolds as PredefinedFolds
from ._scenes import make_scenes as make_scenes
from ._syllables import load_mandarin_syllables as load_mandarin_syllables
from ._tagged_clips import make_tagged_clips as make_tagged_clips
