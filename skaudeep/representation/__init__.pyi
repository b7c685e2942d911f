from ._bag_of_deep_features import BagOfDeepFeatures as BagOfDeepFeatures
from ._dcgan_features import DCGANFeatures as DCGANFeatures
from ._deep_spectrum import DeepSpectrum as DeepSpectrum
from ._seq2seq_autoencoder import Seq2SeqAutoencoder as Seq2SeqAutoencoder

__all__ = ["BagOfDeepFeatures", "DCGANFeatures", "DeepSpectrum", "Seq2SeqAutoencoder"]
