from ._recall import unweighted_average_recall as unweighted_average_recall
from ._scorers import uar_scorer as uar_scorer
