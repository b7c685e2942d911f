"""A CRNN that looks at a clip through windows."""
# SPDX-License-Identifier: BSD-3-Clause

from keras import ops

from skaudeep.networks.crnn import CRNN
from skaudeep.networks.kernels.binding import has_kernel
from skaudeep.networks.kernels.windows import WindowReader

__all__ = ["WindowCRNN"]


class WindowCRNN(CRNN):
    """A CRNN with one output a frame, which says how probable an event is there.

    Parameters
    ----------
    n_bands : int
        Bands of a frame.
    time_steps : int
        Frames of a window.
    **architecture
        Of the :class:`~skaudeep.networks.crnn.CRNN`.
    seed : int
        Fixes the initial weights and the dropout.
    """

    def __init__(self, n_bands, time_steps, *, seed=0, **architecture):
        super().__init__(
            n_bands, 1, activation="sigmoid", framewise=True, seed=seed, **architecture
        )
        self.time_steps = time_steps
        # A window of one frame is neither the first nor the last of several.
        self.shares_convolutions = time_steps > 1 and self.convolution.size[0] in (1, 3)

    def window_probabilities(self, frames):
        """Probabilities in all windows of a clip, each one frame after the other.

        Parameters
        ----------
        frames : tensor of shape (1, n_frames, n_bands)
            A clip of at least `time_steps` frames.

        Returns
        -------
        tensor of shape (n_windows, time_steps)
            There are ``n_frames - time_steps + 1`` windows.
        """
        n_windows = ops.shape(frames)[1] - self.time_steps + 1
        starts = ops.arange(n_windows)[:, None]
        if not self.shares_convolutions:
            windows = ops.take(frames[0], starts + ops.arange(self.time_steps), axis=0)
            return self.frame_probabilities(windows)
        edges = self.convolve_window_edges(frames)
        first, inner, last = (features[0] for features in edges)
        features = ops.concatenate(
            [
                first[:n_windows, None],
                ops.take(inner, starts + ops.arange(1, self.time_steps - 1), axis=0),
                last[self.time_steps - 1 :, None],
            ],
            axis=1,
        )
        return ops.sigmoid(self.frame_logits_of(features)[:, :, 0])

    def window_reader(self):
        """The kernels that do what ``window_probabilities`` does.

        Returns
        -------
        WindowReader or None
            With the weights of this moment; None where there are none: on other
            devices than a processor, on JAX, and if windows share no convolutions.
        """
        stack = self.stacks[0]
        if not (self.shares_convolutions and has_kernel(stack.compute_dtype)):
            return None

        def affine(norm):
            return [ops.convert_to_numpy(array) for array in norm.affine(None)]

        convolution = self.convolution
        scale, shift = affine(convolution.norms[0])
        dense_scale, dense_shift = affine(self.dense_norm)
        return WindowReader(
            self.time_steps,
            pool_size=convolution.pool_size,
            kernel=ops.convert_to_numpy(convolution.kernel)[:, :, 0] * scale,
            shift=shift,
            band_kernel=ops.convert_to_numpy(convolution.band_kernel),
            band_affine=affine(convolution.norms[1]),
            cell=stack.kernel_name,
            stacks=[
                [layer.cell.get_weights() for layer in stack.layers]
                for stack in self.stacks
            ],
            forwards=self.forwards,
            dense=ops.convert_to_numpy(self.dense) * dense_scale,
            dense_shift=dense_shift,
            output=self.to_logits.get_weights(),
        )

    def frame_probabilities(self, frames, lengths=None):
        """Probabilities in windows that stand each for itself.

        Parameters
        ----------
        frames : tensor of shape (n_windows, n_frames, n_bands)
            Windows, padded at the end.
        lengths : tensor of int of shape (n_windows,) or None, default=None
            Real frames of each; None if all are.

        Returns
        -------
        tensor of shape (n_windows, n_frames)
            Arbitrary behind the real frames.
        """
        return ops.sigmoid(self.frame_logits(frames, lengths)[:, :, 0])
