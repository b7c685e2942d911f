from ._seq2seq_autoencoder import Seq2SeqAutoencoder as Seq2SeqAutoencoder

__all__ = ["Seq2SeqAutoencoder"]
