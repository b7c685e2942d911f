"""Deep convolutional generative adversarial networks for spectrograms."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.discriminator import Discriminator
from skaudeep.networks.generator import Generator
from skaudeep.networks.seeds import seed_stream

__all__ = ["DCGAN", "adaptive_cells", "padded_size"]

# Silence in a scaled spectrogram.
_FLOOR = -1.0


def padded_size(size, n_layers):
    """The next multiple of ``2 ** n_layers``, which strides of two divide evenly."""
    multiple = 2**n_layers
    return -(-size // multiple) * multiple


def adaptive_cells(size, n_cells):
    """First and last but one position of cells that together cover `size` positions.

    Neighbours share a position where `size` is no multiple of `n_cells`; none is empty.
    """
    return [
        (i * size // n_cells, -(-(i + 1) * size // n_cells)) for i in range(n_cells)
    ]


class DCGAN(keras.layers.Layer):
    """A generator of spectrograms and the discriminator that it plays against.

    Parameters
    ----------
    n_frames, n_bands : int
        Size of the spectrograms.
    n_layers : int
        Strided convolutions of the discriminator, and transposed ones of the generator.
    n_maps : int
        Maps of the discriminator's first convolution; every further one has twice as
        many.
    kernel_size : int
        Frames and bands that a convolution sees.
    latent_size : int
        Length of the noise vectors.
    feature_matching : bool
        What the generator is trained to: the mean activations of the discriminator's
        last convolution on real spectrograms, or to pass for real.
    pool : int
        Cells along each axis over which `features` takes the maximum.
    latent : {"uniform", "normal"}
        What the generator's noise is drawn from, by whoever calls.
    input_noise : float
        Standard deviation of the noise added to all that the discriminator is shown in
        training.
    seed : int
        Fixes the initial weights and the noise on the discriminator's input.
    """

    # What the objective returns behind the loss.
    measures = ("discriminator_loss", "generator_loss", "discriminator_accuracy")

    def __init__(
        self,
        n_frames,
        n_bands,
        n_layers,
        n_maps,
        kernel_size,
        latent_size,
        feature_matching,
        pool,
        latent="uniform",
        input_noise=0.0,
        seed=0,
    ):
        super().__init__()
        self.n_frames, self.n_bands = n_frames, n_bands
        self.latent = latent
        self.feature_matching = feature_matching
        self.pool = pool
        height, width = (padded_size(n, n_layers) for n in (n_frames, n_bands))
        self.padding = (
            (0, 0),
            (0, height - n_frames),
            (0, width - n_bands),
            (0, 0),
        )
        seeds = seed_stream(seed)
        shape = (height, width, n_layers, n_maps, kernel_size)
        self.discriminator = Discriminator(*shape, seeds)
        self.generator = Generator(*shape, latent_size, seeds)
        self.input_noise = input_noise
        if input_noise:
            self.blur = keras.random.SeedGenerator(next(seeds))
        self.built = True

    def objective(self, batch, training=False):
        """Losses of one step of both networks.

        Both are updated at once: the discriminator's loss does not reach the
        generator, and the generator's reaches the discriminator's input but not its
        weights.

        Parameters
        ----------
        batch : tuple
            Spectrograms (n_batch, n_frames, n_bands) in [-1, 1], and noise
            (n_batch, latent_size).
        training : bool
            Whether batches are normalised by their own statistics.

        Returns
        -------
        tensor of shape (4,)
            The loss, which is the sum of the two that follow; then `measures`.
        """
        frames, noise = batch
        fake = self.generator.generate(noise, training=training)
        # Drawn here, because what is drawn under replaced values leaves no new state.
        real, shown, matched = (
            self._blurred(pictures, training)
            for pictures in (self.pictures(frames), ops.stop_gradient(fake), fake)
        )
        discriminate = self.discriminator.discriminate
        # Read once: a second reading, on which no gradient of these weights depends,
        # could come after their update on TensorFlow.
        variables = self.discriminator.variables
        weights = [ops.copy(variable.value) for variable in variables]
        with _values(variables, weights):
            real_maps, on_real = discriminate(real, training)
            _, on_fake = discriminate(shown, training)
        discriminator_loss = _surprise(on_real, 1) + _surprise(on_fake, 0)
        # Its own forward pass: here the weights are constants, there the picture is.
        with _values(variables, [ops.stop_gradient(weight) for weight in weights]):
            fake_maps, on_fake_picture = discriminate(matched, training)
        if self.feature_matching:
            wanted = ops.stop_gradient(ops.mean(real_maps[-1], axis=0))
            distance = ops.mean(fake_maps[-1], axis=0) - wanted
            generator_loss = ops.mean(ops.square(distance))
        else:
            generator_loss = _surprise(on_fake_picture, 1)
        right = ops.mean(_is_real(on_real)) + ops.mean(1 - _is_real(on_fake))
        return ops.stack(
            [
                discriminator_loss + generator_loss,
                discriminator_loss,
                generator_loss,
                right / 2,
            ]
        )

    def pictures(self, frames):
        """Spectrograms with one channel, padded with silence at the end and the top."""
        # Convolutions want to know the size, which a batch of sequences leaves open.
        frames = ops.reshape(frames, (-1, self.n_frames, self.n_bands, 1))
        return ops.pad(frames, self.padding, constant_values=_FLOOR)

    def _blurred(self, pictures, training):
        if not (training and self.input_noise):
            return pictures
        noise = keras.random.normal(
            ops.shape(pictures), stddev=self.input_noise, seed=self.blur
        )
        return pictures + noise

    def features(self, frames):
        """Maxima of every convolution's maps over a grid of cells.

        Parameters
        ----------
        frames : tensor of shape (n_batch, n_frames, n_bands)
            Spectrograms.

        Returns
        -------
        tensor of shape (n_batch, n_features)
            Layer by layer, and in each by the cell along time, the cell along the
            bands, and the map.
        """
        maps = self.discriminator.maps(self.pictures(frames))
        pooled = [_pool(_pool(layer, 1, self.pool), 2, self.pool) for layer in maps]
        rows = [ops.reshape(layer, (ops.shape(frames)[0], -1)) for layer in pooled]
        return ops.concatenate(rows, axis=-1)

    def generate(self, noise):
        """Spectrograms (n_batch, n_frames, n_bands) of noise (n_batch, latent_size)."""
        pictures = self.generator.generate(noise)
        return pictures[:, : self.n_frames, : self.n_bands, 0]

    def discriminator_moments(self, frames):
        """Mean and variance of what reaches every normalisation, map by map."""
        moments = []
        self.discriminator.maps(self.pictures(frames), moments=moments)
        return tuple(moments)

    def generator_moments(self, noise):
        """The same of the generator."""
        moments = []
        self.generator.generate(noise, moments=moments)
        return tuple(moments)


def _values(variables, values):
    return keras.StatelessScope(list(zip(variables, values, strict=True)))


def _surprise(logits, label):
    """Mean cross-entropy where the truth is 0, generated, or 1, real."""
    return -ops.mean(ops.log_softmax(logits, axis=-1)[:, label])


def _is_real(logits):
    return ops.cast(logits[:, 1] > logits[:, 0], logits.dtype)


def _pool(maps, axis, n_cells):
    """Maxima over cells along one of the spatial axes."""
    parts = [
        ops.max(maps[:, start:stop] if axis == 1 else maps[:, :, start:stop], axis=axis)
        for start, stop in adaptive_cells(maps.shape[axis], n_cells)
    ]
    return ops.stack(parts, axis=axis)
