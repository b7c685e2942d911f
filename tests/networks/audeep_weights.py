"""Weights computed by auDeep, as our layers hold them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def gru_weights(arrays, prefix):
    """Gate columns reset, update; candidate apart; rows input, state."""
    gates = arrays[f"{prefix}gates/kernel"]
    n_units = gates.shape[1] // 2
    reset, update = np.split(gates, 2, axis=1)
    kernel = np.concatenate([update, reset, arrays[f"{prefix}candidate/kernel"]], 1)
    reset, update = np.split(arrays[f"{prefix}gates/bias"], 2)
    bias = np.concatenate([update, reset, arrays[f"{prefix}candidate/bias"]])
    return [kernel[:-n_units], kernel[-n_units:], bias]


def lstm_weights(arrays, prefix, forget_bias):
    """Gate columns input, candidate, forget, output; rows input, state."""

    def reorder(array):
        i, j, f, o = np.split(array, 4, axis=-1)
        return np.concatenate([i, f, j, o], axis=-1)

    kernel = reorder(arrays[f"{prefix}kernel"])
    bias = reorder(arrays[f"{prefix}bias"])
    n_units = len(bias) // 4
    bias[n_units : 2 * n_units] += forget_bias
    return [kernel[:-n_units], kernel[-n_units:], bias]


def pairs(network, arrays, kind, forget_bias=0.0):
    """Each variable of the network with its array, of the `kind` "W" or "G"."""
    found = []
    for part in ("encoder", "decoder"):
        stacks = getattr(network, part).stacks
        for i, stack in enumerate(stacks):
            way = f"bidirectional_rnn/{('fw', 'bw')[i]}" if len(stacks) == 2 else "rnn"
            for k, layer in enumerate(stack.layers):
                prefix = f"{kind}:model/{part}/rnn_output_and_state/{way}/"
                prefix += f"multi_rnn_cell/cell_{k}/{stack.cell}_cell/"
                if stack.cell == "gru":
                    weights = gru_weights(arrays, prefix)
                else:
                    weights = lstm_weights(arrays, prefix, forget_bias)
                cell = layer.cell
                variables = [cell.kernel, cell.recurrent_kernel, cell.bias]
                found += zip(variables, weights, strict=True)
    decoder = network.decoder
    frames = "model/reconstruction/time_dist_linear/linear"
    dense = {"model/representation/linear": network.to_representation}
    if decoder.readout is None:
        dense[frames] = decoder.to_outputs
    else:
        dense["model/decoder/rnn_output_and_state"] = decoder.to_outputs
        dense[frames] = decoder.readout
    for name, layer in dense.items():
        found.append((layer.kernel, arrays[f"{kind}:{name}/weights"]))
        found.append((layer.bias, arrays[f"{kind}:{name}/bias"]))
    assert len(found) == len(network.trainable_variables)
    return found


def load(network, arrays):
    """Give a network the weights; TensorFlow 1 adds 1 to a forget gate's bias."""
    for variable, weight in pairs(network, arrays, "W", forget_bias=1.0):
        variable.assign(weight)
