from ._dropout_mlp import DropoutMLPClassifier as DropoutMLPClassifier
from ._liblinear import LiblinearClassifier as LiblinearClassifier
