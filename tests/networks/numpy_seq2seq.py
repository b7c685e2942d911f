"""The autoencoder once more in NumPy, one clip and one step at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(weights, x, h):
    """One step of the GRU with the reset behind the product."""
    kernel, recurrent, bias = weights
    n = len(h)
    from_x, from_h = x @ kernel + bias[0], h @ recurrent + bias[1]
    update = sigmoid(from_x[:n] + from_h[:n])
    reset = sigmoid(from_x[n : 2 * n] + from_h[n : 2 * n])
    candidate = np.tanh(from_x[2 * n :] + reset * from_h[2 * n :])
    return update * h + (1 - update) * candidate


def gru_reset_before(weights, x, h):
    """One step of the GRU with the reset before the product."""
    kernel, recurrent, bias = weights
    n = len(h)
    from_x = x @ kernel + bias
    update, reset = np.split(sigmoid(from_x + h @ recurrent)[: 2 * n], 2)
    candidate = np.tanh(from_x[2 * n :] + (reset * h) @ recurrent[:, 2 * n :])
    return update * h + (1 - update) * candidate


def lstm(weights, x, state):
    """One step of the LSTM; the state is (c, h)."""
    kernel, recurrent, bias = weights
    c, h = np.split(state, 2)
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return np.concatenate([c, sigmoid(o) * np.tanh(c)])


def array(variable):
    import keras

    return keras.ops.convert_to_numpy(variable).astype(np.float64)


def dense(layer, x):
    return x @ array(layer.kernel) + array(layer.bias)


def fill_up(values, n):
    """The last `n` values, zeros before them if there are fewer."""
    values = np.asarray(values, dtype=float).ravel()
    values = values[max(0, len(values) - n) :]
    return np.concatenate([np.zeros(n - len(values)), values])


class NumpySeq2Seq:
    """Takes the weights of a ``Seq2Seq``; computes in float64, without batches."""

    def __init__(self, network, config):
        self.network = network
        self.config = config
        self.n_layers, self.n_units = config["n_layers"], config["n_units"]
        self.lstm = config["cell"] == "lstm"
        self.audeep = config["teacher_forcing"] == "audeep"
        self._cells = {}
        self.step = lstm if self.lstm else (gru_reset_before if self.audeep else gru)

    def run(self, stack, x, states):
        """One step of a whole stack."""
        states = list(states)
        for i, layer in enumerate(stack.layers):
            if id(layer) not in self._cells:
                cell = layer.cell
                variables = (cell.kernel, cell.recurrent_kernel, cell.bias)
                self._cells[id(layer)] = [array(v) for v in variables]
            states[i] = self.step(self._cells[id(layer)], x, states[i])
            x = states[i][-self.n_units :]
        return x, states

    def read(self, encoder, sequence):
        """Outputs of all steps, and the final state vector."""
        outputs, finals = [], []
        for i, stack in enumerate(encoder.stacks):
            order = sequence[:: 1 if i == 0 else -1]
            states = [np.zeros(self.n_units * (1 + self.lstm))] * self.n_layers
            rows = []
            for x in order:
                top, states = self.run(stack, x, states)
                rows.append(top)
            outputs.append(rows[:: 1 if i == 0 else -1])
            finals.append(states)
        by_layer = [s for layer in zip(*finals, strict=True) for s in layer]
        return np.concatenate(outputs, axis=1), np.concatenate(by_layer)

    def told(self, decoder, direction, k, targets):
        """True values that a direction reads where it makes step `k`."""
        if self.config["teacher_forcing"] is None:
            return np.zeros(1)
        nothing = np.zeros((1, targets.shape[1]))
        if self.audeep:
            delay = 1 if len(decoder.stacks) == 2 else 2
            later = np.concatenate([targets[k + delay :], nothing])
            return later[0]
        if direction == 1:
            return fill_up(targets[:k], decoder.n_read)
        if decoder.n_read == targets.shape[1]:
            return np.concatenate([targets[k + 1 :], nothing])[0]
        return fill_up(targets[k + 1 :].ravel()[::-1], decoder.n_read)

    def project(self, decoder, outputs, memory):
        joined = np.concatenate(outputs)
        if decoder.attention is not None:
            scores = memory @ (joined @ array(decoder.attention.to_memory.kernel))
            weights = np.exp(scores - scores.max())
            joined = np.concatenate([joined, weights / weights.sum() @ memory])
        return np.tanh(dense(decoder.to_outputs, joined))

    def write(self, decoder, start, targets, memory=None, freely=False):
        """What a decoder makes of a state; `freely`, it reads what it made itself."""
        n_steps, n_directions = len(targets), len(decoder.stacks)
        starts = np.split(start, self.n_layers * n_directions)
        rows = [[None] * n_steps for _ in decoder.stacks]
        for i, stack in enumerate(decoder.stacks):
            states, own = starts[i::n_directions], []
            for k in range(n_steps)[:: -1 if i == 0 else 1]:
                x = self.told(decoder, i, k, targets)
                if freely:
                    x = fill_up(own, decoder.n_read)
                rows[i][k], states = self.run(stack, x, states)
                parts = [np.zeros(self.n_units)] * n_directions
                parts[i] = rows[i][k]
                made = self.project(decoder, parts, memory)
                if decoder.surplus and k == n_steps - 1:
                    made[-decoder.surplus :] = 0
                upside_down = i == 0 and decoder.n_read > len(made)
                own += [made[::-1] if upside_down else made]
        made = [
            self.project(decoder, [row[k] for row in rows], memory)
            for k in range(n_steps)
        ]
        if decoder.readout is not None:
            made = [np.tanh(dense(decoder.readout, frame)) for frame in made]
        return np.array(made)

    def code(self, states):
        network = self.network
        if network.gaussian is not None:
            return dense(network.gaussian.to_mean, states)
        return np.tanh(dense(network.to_representation, states))

    def windows(self, frame):
        """What an encoder along frequency reads of a frame."""
        width = self.config["band_window"]
        hop = width - self.config["band_overlap"]
        found, first = [], 0
        while True:
            window = frame[first : first + width]
            found.append(np.pad(window, (0, width - len(window))))
            if first + width >= len(frame):
                return np.array(found)
            first += hop

    def blocks(self, frame):
        """What a decoder along frequency makes of a frame."""
        hop = self.config["band_window"] - self.config["band_overlap"]
        return np.pad(frame, (0, -len(frame) % hop)).reshape(-1, hop)

    def encode_and_decode(self, clip, freely=False):
        """Representation and reconstruction of a clip."""
        network = self.network
        axis = self.config.get("axis", "time")
        if axis == "frequency":
            pairs = [
                self._autoencode(self.windows(f), self.blocks(f), freely) for f in clip
            ]
            codes, made = zip(*pairs, strict=True)
            return np.mean(codes, axis=0), np.reshape(made, (len(clip), -1))[
                :, : clip.shape[1]
            ]
        if axis == "time":
            return self._autoencode(clip, clip, freely)
        frequency = network.axis
        states = np.array(
            [self.read(frequency.encoder, self.windows(f))[1] for f in clip]
        )
        code, made = self._autoencode(states, states, freely)
        frames = []
        for state, frame in zip(made, clip, strict=True):
            start = np.tanh(dense(frequency.to_start, state))
            blocks = self.write(
                frequency.decoder, start, self.blocks(frame), freely=freely
            )
            frames.append(blocks.ravel()[: len(frame)])
        return code, np.array(frames)

    def _autoencode(self, sequence, targets, freely):
        memory, states = self.read(self.network.encoder, sequence)
        code = self.code(states)
        start = code if self.network.gaussian is None else np.tanh(code)
        return code, self.write(self.network.decoder, start, targets, memory, freely)
