from ._equal_error_rate import equal_error_rate as equal_error_rate
from ._event_based import event_based_scores as event_based_scores
from ._recall import unweighted_average_recall as unweighted_average_recall
from ._recall import (
    unweighted_average_recall_of_folds as unweighted_average_recall_of_folds,
)
from ._scorers import eer_scorer as eer_scorer
from ._scorers import event_error_rate_scorer as event_error_rate_scorer
from ._scorers import event_f_measure_scorer as event_f_measure_scorer
from ._scorers import segment_error_rate_scorer as segment_error_rate_scorer
from ._scorers import segment_f_measure_scorer as segment_f_measure_scorer
from ._scorers import uar_scorer as uar_scorer
from ._segment_based import segment_based_scores as segment_based_scores
