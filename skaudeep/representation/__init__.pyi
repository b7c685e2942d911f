from ._bag_of_deep_features import BagOfDeepFeatures as BagOfDeepFeatures
from ._deep_spectrum import DeepSpectrum as DeepSpectrum
from ._seq2seq_autoencoder import Seq2SeqAutoencoder as Seq2SeqAutoencoder

__all__ = ["BagOfDeepFeatures", "DeepSpectrum", "Seq2SeqAutoencoder"]
