"""One time step of each recurrent cell, forwards and backwards, in NumPy.

Every gate has a block of memory of its own, of shape (n_rows, n_units), and every
operation writes into memory that stands already. Gates are kept half-scaled, because
sigmoid(a) = (1 + tanh(a / 2)) / 2 and NumPy's tanh is vectorised: what is stored as a
gate g' is tanh(a / 2), the gate itself being (1 + g') / 2. In the gradients constant
factors are left out of the loop; `gradient_scales` puts them into the weights instead.

A cell is a class with the attributes

- ``n_blocks``: gates in the weights; ``n_states``: vectors in its state;
- ``n_kept``: blocks that the backward pass needs from every step;
- ``input_scales``, ``recurrent_scales``: factors on the columns of the weights;
- ``gradient_scales``: factors that the kept gradients (``n_gradients`` blocks) lack,
  the first ``n_blocks`` of which belong to the gates of the input's weights;
- ``recurrent_blocks``: which of them belong to the gates of the recurrent weights, in
  the order of the weights;
- ``gated_block``: the gate whose recurrent product reads a kept block instead of the
  state, with the index of that block and its factor, or None.

States have the shape (n_states, n_rows, n_units), the output h last.
"""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["CELLS", "GRU", "LSTM", "GRUResetBefore"]

HALF = np.float32(0.5)
ONE = np.float32(1)


class _Cell:
    gated_block: tuple[int, int, float] | None = None

    def __init__(self, n_rows, n_units):
        self.products = np.empty((self.n_blocks, n_rows, n_units), np.float32)
        self.scratch = np.empty((self.n_blocks, n_rows, n_units), np.float32)

    @classmethod
    def split_bias(cls, bias):
        """(input, recurrent) bias, each of shape (n_blocks, n_units)."""
        bias = bias.reshape(cls.n_blocks, -1)
        return bias, np.zeros_like(bias)


class _GatedRecurrentUnit(_Cell):
    """What does not depend on where the state is reset."""

    n_blocks = 3
    n_states = 1
    n_kept = 4
    input_scales = (0.5, 0.5, 1.0)
    recurrent_scales = (0.5, 0.5, 0.5)

    @staticmethod
    def _mix(before, update, candidate, after):
        """The new state: h z + (1 - z) c."""
        np.subtract(before, candidate, out=after)
        after *= update
        after += candidate
        after += before
        after *= HALF

    def _unmix(self, carry, before, kept, d_update, d_candidate):
        """Gradients of `_mix`.

        Writes those of z and c, turns `carry` into that of the state before as far as
        it passes z, and returns the slope of r and two blocks of scratch memory.
        """
        update, _, candidate, _ = kept
        scratch = self.scratch[:, : len(carry)]
        one, slope_of_reset, three = scratch
        np.multiply(kept[:3], kept[:3], out=scratch)
        np.subtract(ONE, scratch, out=scratch)
        np.subtract(before, candidate, out=d_update)
        d_update *= carry
        d_update *= one
        np.multiply(update, carry, out=one)
        np.subtract(carry, one, out=d_candidate)
        d_candidate *= three
        carry += one
        carry *= HALF
        return slope_of_reset, one, three

    @staticmethod
    def _add_products(carry, blocks, weights, scratch):
        """Add to `carry` what the gradients of gates leave of the state before."""
        for block, matrix in zip(blocks, weights, strict=True):
            np.matmul(block, matrix, out=scratch)
            carry += scratch


class GRU(_GatedRecurrentUnit):
    """Gated recurrent unit with the reset behind the product (Keras, cuDNN).

    Cho et al. 2014 in the form of cuDNN: h' = z h + (1 - z) tanh(W x + r (U h + b)).
    Gates of the weights: update z, reset r, candidate c. Kept: z', r', c and half of
    U h + b. Gradients: of z, r, c before the input, c before the recurrent product.
    """

    n_gradients = 4
    gradient_scales = (0.25, 0.25, 0.5, 0.25)
    recurrent_blocks = (0, 1, 3)

    @classmethod
    def split_bias(cls, bias):
        """(input, recurrent) bias, each of shape (n_blocks, n_units)."""
        first, second = bias.reshape(2, 3, -1)
        first = first.copy()
        first[:2] += second[:2]
        inner = np.zeros_like(second)
        inner[2] = second[2]
        return first, inner

    def forward(self, projected, recurrent, inner_bias, before, after, kept):
        """Read `before`, write `after` and `kept`."""
        products = self.products[:, : projected.shape[1]]
        before, after = before[0], after[0]
        update, reset, candidate, inner = kept
        np.matmul(before, recurrent, out=products)
        np.add(projected[:2], products[:2], out=kept[:2])
        np.tanh(kept[:2], out=kept[:2])
        np.add(products[2], inner_bias[2], out=inner)
        np.multiply(reset, inner, out=candidate)
        candidate += inner
        candidate += projected[2]
        np.tanh(candidate, out=candidate)
        self._mix(before, update, candidate, after)

    def backward(self, carry, before, kept, gradients, transposed):
        """Write `gradients`; `carry` becomes the gradient of the state before."""
        carry, before = carry[0], before[0]
        _, reset, _, inner = kept
        d_update, d_reset, d_candidate, d_inner = gradients
        slope_of_reset, scratch, _ = self._unmix(
            carry, before, kept, d_update, d_candidate
        )
        np.multiply(inner, d_candidate, out=d_reset)
        d_reset *= slope_of_reset
        np.multiply(reset, d_candidate, out=d_inner)
        d_inner += d_candidate
        self._add_products(carry, (d_update, d_reset, d_inner), transposed, scratch)


class GRUResetBefore(_GatedRecurrentUnit):
    """Gated recurrent unit with the reset before the product (TensorFlow 1, auDeep).

    Cho et al. 2014: h' = z h + (1 - z) tanh(W x + U (r h)).
    Gates of the weights: update z, reset r, candidate c. Kept: z', r', c and 2 r h.
    """

    n_gradients = 3
    gradient_scales = (0.25, 0.25, 0.5)
    recurrent_blocks = (0, 1, 2)
    gated_block = (2, 3, 0.5)

    def forward(self, projected, recurrent, inner_bias, before, after, kept):
        """Read `before`, write `after` and `kept`."""
        products = self.products[:, : projected.shape[1]]
        before, after = before[0], after[0]
        update, reset, candidate, gated = kept
        np.matmul(before, recurrent[:2], out=products[:2])
        np.add(projected[:2], products[:2], out=kept[:2])
        np.tanh(kept[:2], out=kept[:2])
        np.multiply(reset, before, out=gated)
        gated += before
        np.matmul(gated, recurrent[2], out=products[2])
        np.add(projected[2], products[2], out=candidate)
        np.tanh(candidate, out=candidate)
        self._mix(before, update, candidate, after)

    def backward(self, carry, before, kept, gradients, transposed):
        """Write `gradients`; `carry` becomes the gradient of the state before."""
        carry, before = carry[0], before[0]
        reset = kept[1]
        d_update, d_reset, d_candidate = gradients
        slope_of_reset, scratch, d_gated = self._unmix(
            carry, before, kept, d_update, d_candidate
        )
        np.matmul(d_candidate, transposed[2], out=d_gated)
        np.multiply(d_gated, before, out=d_reset)
        d_reset *= slope_of_reset
        np.multiply(d_gated, reset, out=scratch)
        scratch += d_gated
        scratch *= HALF
        carry += scratch
        self._add_products(carry, (d_update, d_reset), transposed[:2], scratch)


class LSTM(_Cell):
    """Long short-term memory without peepholes (Hochreiter and Schmidhuber 1997).

    Gates of the weights: input i, forget f, candidate g, output o. State: c, then h.
    Kept: i', f', g, o', tanh of the new c.
    """

    n_blocks = 4
    n_states = 2
    n_kept = 5
    n_gradients = 4
    input_scales = (0.5, 0.5, 1.0, 0.5)
    recurrent_scales = (0.5, 0.5, 1.0, 0.5)
    gradient_scales = (0.25, 0.25, 0.5, 0.25)
    recurrent_blocks = (0, 1, 2, 3)

    def forward(self, projected, recurrent, inner_bias, before, after, kept):
        """Read `before`, write `after` and `kept`."""
        products = self.products[:, : projected.shape[1]]
        cell, hidden = after
        entry, forget, candidate, exit_, squashed = kept
        np.matmul(before[1], recurrent, out=products)
        np.add(projected, products, out=kept[:4])
        np.tanh(kept[:4], out=kept[:4])
        np.multiply(forget, before[0], out=cell)
        cell += before[0]
        np.multiply(entry, candidate, out=hidden)
        cell += hidden
        cell += candidate
        cell *= HALF
        np.tanh(cell, out=squashed)
        np.multiply(exit_, squashed, out=hidden)
        hidden += squashed
        hidden *= HALF

    def backward(self, carry, before, kept, gradients, transposed):
        """Write `gradients`; `carry` becomes the gradient of the state before."""
        n_rows = carry.shape[1]
        d_cell, d_hidden = carry
        entry, forget, candidate, exit_, squashed = kept
        d_entry, d_forget, d_candidate, d_exit = gradients
        slopes = self.scratch[:, :n_rows]
        scratch = self.products[0, :n_rows]
        np.multiply(kept[:4], kept[:4], out=slopes)
        np.subtract(ONE, slopes, out=slopes)
        np.multiply(d_hidden, squashed, out=d_exit)
        # Through the output: d_hidden (1 + o') / 2 (1 - tanh(c)^2).
        np.multiply(d_exit, squashed, out=scratch)
        np.subtract(d_hidden, scratch, out=scratch)
        np.multiply(exit_, scratch, out=d_hidden)
        scratch += d_hidden
        scratch *= HALF
        d_cell += scratch
        d_exit *= slopes[3]
        np.multiply(d_cell, candidate, out=d_entry)
        d_entry *= slopes[0]
        np.multiply(d_cell, before[0], out=d_forget)
        d_forget *= slopes[1]
        np.multiply(d_cell, entry, out=d_candidate)
        d_candidate += d_cell
        d_candidate *= slopes[2]
        np.multiply(d_cell, forget, out=scratch)
        d_cell += scratch
        d_cell *= HALF
        np.matmul(gradients, transposed, out=slopes)
        np.add(slopes[0], slopes[1], out=d_hidden)
        d_hidden += slopes[2]
        d_hidden += slopes[3]


CELLS = {"gru": GRU, "gru_reset_before": GRUResetBefore, "lstm": LSTM}
