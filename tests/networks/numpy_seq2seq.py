"""The autoencoder once more in NumPy, one clip and one frame at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(kernels, x, h):
    """One step of the GRU with the reset behind the product."""
    kernel, recurrent, bias = kernels
    n = len(h)
    from_x, from_h = x @ kernel + bias[0], h @ recurrent + bias[1]
    update = sigmoid(from_x[:n] + from_h[:n])
    reset = sigmoid(from_x[n : 2 * n] + from_h[n : 2 * n])
    candidate = np.tanh(from_x[2 * n :] + reset * from_h[2 * n :])
    return update * h + (1 - update) * candidate


def lstm(kernels, x, state):
    """One step of the LSTM; the state is (c, h)."""
    kernel, recurrent, bias = kernels
    c, h = np.split(state, 2)
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return np.concatenate([c, sigmoid(o) * np.tanh(c)])


class NumpySeq2Seq:
    """Takes the weights of a ``Seq2Seq`` by the order in which they are listed."""

    def __init__(self, weights, config):
        self.cell = config["cell"]
        self.n_layers = config["n_layers"]
        self.n_units = config["n_units"]
        self.told = config["teacher_forcing"] is not None
        weights = [np.asarray(w, dtype=np.float64) for w in weights]
        take = iter(weights)

        def stacks(n):
            layers = range(self.n_layers)
            return [[[next(take) for _ in "krb"] for _ in layers] for _ in range(n)]

        self.encoders = stacks(1 + config["bidirectional_encoder"])
        self.decoders = stacks(1 + config["bidirectional_decoder"])
        self.representation = next(take), next(take)
        self.projection = next(take), next(take)

    def run(self, stack, frames, states=None):
        step = {"gru": gru, "lstm": lstm}[self.cell]
        size = self.n_units * (2 if self.cell == "lstm" else 1)
        states = [np.zeros(size)] * self.n_layers if states is None else list(states)
        outputs = []
        for x in frames:
            for layer, kernels in enumerate(stack):
                states[layer] = step(kernels, x, states[layer])
                x = states[layer][-self.n_units :]
            outputs.append(x)
        return np.array(outputs), states

    def encode(self, clip):
        states = [
            self.run(stack, clip if i == 0 else clip[::-1])[1]
            for i, stack in enumerate(self.encoders)
        ]
        by_layer = [s for layer in zip(*states, strict=True) for s in layer]
        vector = np.concatenate(by_layer)
        kernel, bias = self.representation
        return np.tanh(vector @ kernel + bias)

    def decode(self, code, clip):
        parts = np.split(code, self.n_layers * len(self.decoders))
        outputs = []
        for i, stack in enumerate(self.decoders):
            # Reading order of the first decoder: the target, i.e. the clip reversed.
            read = clip[::-1] if i == 0 else clip
            told = np.concatenate([np.zeros_like(read[:1]), read[:-1]])
            if not self.told:
                told = np.zeros((len(clip), 1))
            output, _ = self.run(stack, told, parts[i :: len(self.decoders)])
            outputs.append(output[::-1] if i == 0 else output)
        kernel, bias = self.projection
        return np.tanh(np.concatenate(outputs, axis=1) @ kernel + bias)
