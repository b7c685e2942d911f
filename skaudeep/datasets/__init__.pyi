from ._audio_folder import load_audio_folder as load_audio_folder
from ._audio_table import load_audio_table as load_audio_table
from ._backgrounds import make_backgrounds as make_backgrounds
from ._chime_home import load_chime_home as load_chime_home
from ._compare import load_compare as load_compare
from ._dcase import read_dcase_folds as read_dcase_folds
from ._dcase2018_task5 import load_dcase2018_task5 as load_dcase2018_task5
from ._detect import detect_corpus as detect_corpus
from ._detect import load_corpus as load_corpus
from ._esc import load_esc as load_esc
from ._folds import PredefinedFolds as PredefinedFolds
from ._fsdkaggle2018 import load_fsdkaggle2018 as load_fsdkaggle2018
from ._group_leaks import check_group_leaks as check_group_leaks
from ._gtzan import load_gtzan as load_gtzan
from ._make_folds import make_folds as make_folds
from ._scenes import make_scenes as make_scenes
from ._speech_commands import load_speech_commands as load_speech_commands
from ._syllables import load_mandarin_syllables as load_mandarin_syllables
from ._tagged_clips import make_tagged_clips as make_tagged_clips
from ._tut_rare_events_2017 import (
    load_tut_rare_events_2017 as load_tut_rare_events_2017,
)
from ._tut_scenes import load_tut_scenes as load_tut_scenes
from ._tut_urban_scenes_2018 import (
    load_tut_urban_scenes_2018 as load_tut_urban_scenes_2018,
)
from ._urbansound8k import load_urbansound8k as load_urbansound8k
