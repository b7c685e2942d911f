from ._feature_table import FeatureTable as FeatureTable
from ._features import load_features as load_features
from ._features import save_features as save_features
from ._persistence import load as load
from ._persistence import save as save
