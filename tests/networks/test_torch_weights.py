"""Weights of PyTorch on their way into Keras networks."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from backends import to_numpy

from skaudeep.networks.torch_weights import layer_name, load_state, read_state

SIX = np.arange(6, dtype="f4")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "weights.pth")


def small_network():
    import keras

    return keras.Sequential(
        [
            keras.Input((6, 5, 4)),
            keras.layers.Conv2D(6, (3, 2), groups=2, name="stem_conv"),
            keras.layers.BatchNormalization(epsilon=1e-3, name="stem_bn"),
            keras.layers.ReLU(),
            keras.layers.DepthwiseConv2D(
                (2, 3), depth_multiplier=2, use_bias=False, name="deep"
            ),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, name="fc"),
        ],
        name="small",
    )


SHAPES = {
    "stem.conv.weight": (6, 2, 3, 2),
    "stem.conv.bias": (6,),
    "stem.bn.weight": (6,),
    "stem.bn.bias": (6,),
    "stem.bn.running_mean": (6,),
    "stem.bn.running_var": (6,),
    "stem.bn.num_batches_tracked": (),
    "deep.weight": (12, 1, 2, 3),
    "fc.weight": (3, 12),
    "fc.bias": (3,),
}


@pytest.fixture
def state(rng):
    return {
        name: rng.uniform(0.5, 1.5, shape).astype("f4")
        for name, shape in SHAPES.items()
    }


def reference_outputs(state, x):
    """The small network in NumPy, from PyTorch's layout of the weights."""

    def correlate(x, kernel, groups):
        n_outputs, n_inputs, height, width = kernel.shape
        n_rows, n_columns = x.shape[1] - height + 1, x.shape[2] - width + 1
        out = np.zeros((len(x), n_rows, n_columns, n_outputs))
        for o in range(n_outputs):
            first = o // (n_outputs // groups) * n_inputs
            for i, r, c in np.ndindex(n_inputs, height, width):
                part = x[:, r : r + n_rows, c : c + n_columns, first + i]
                out[..., o] += kernel[o, i, r, c] * part
        return out

    x = correlate(x, state["stem.conv.weight"], 2) + state["stem.conv.bias"]
    x = (x - state["stem.bn.running_mean"]) / np.sqrt(
        state["stem.bn.running_var"] + 1e-3
    )
    x = x * state["stem.bn.weight"] + state["stem.bn.bias"]
    x = correlate(np.maximum(x, 0), state["deep.weight"], 6).mean((1, 2))
    return x @ state["fc.weight"].T + state["fc.bias"]


@pytest.mark.network
def test_network_computes_what_the_layout_says(state, rng):
    network = small_network()
    load_state(network, state)
    x = rng.normal(size=(2, 6, 5, 4)).astype("f4")
    expected = reference_outputs(state, x)
    np.testing.assert_allclose(to_numpy(network(x)), expected, rtol=1e-5)


@pytest.mark.network
def test_names_can_be_translated_and_entries_passed_over(state):
    network, same = small_network(), small_network()
    load_state(network, state)
    other = {f"net.{name}": array for name, array in state.items()}
    other |= {"aux1.fc.weight": SIX, "aux2.x": SIX}
    load_state(
        same,
        other,
        layer_names=lambda module: layer_name(module.removeprefix("net.")),
        ignore=["aux1.", "aux2."],
    )
    for ours, theirs in zip(network.weights, same.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(ours), to_numpy(theirs))
    with pytest.raises(ValueError, match=r"'aux2.x' of shape \(6,\) is for no layer"):
        load_state(same, {**state, "aux2.x": SIX}, ignore=["aux1."])


@pytest.mark.network
@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"fc.bias": None}, r"it has no 'bias' of shape \(3,\) for the layer 'fc'"),
        (
            {"fc.weight": np.zeros((12, 3))},
            r"its 'fc.weight' has the shape \(12, 3\), here it is \(3, 12\)",
        ),
        (
            {"deep.weight": np.zeros((6, 2, 2, 3))},
            r".* has the shape \(6, 2, 2, 3\), here it is \(12, 1, 2, 3\)",
        ),
        ({"deep.bias": np.zeros(12)}, r"its 'deep.bias' of shape \(12,\) is for no"),
        # The same layer once more.
        ({"stem_conv.bias": np.zeros(6)}, "its 'stem_conv.bias' of shape"),
        (
            {"fc.bias": None, "conv1.weight": np.zeros((64, 3, 7, 7))},
            r".* no 'bias' .*; its 'conv1.weight' of shape \(64, 3, 7, 7\) is for no",
        ),
    ],
)
def test_weights_of_another_network(changes, reason, state):
    network = small_network()
    before = [to_numpy(variable).copy() for variable in network.weights]
    state = {n: a for n, a in {**state, **changes}.items() if a is not None}
    with pytest.raises(
        ValueError, match=f"'a.pth' does not hold the weights of .*'small': {reason}"
    ):
        load_state(network, state, Path("a.pth"))
    # None of them was put there.
    for variable, old in zip(network.weights, before, strict=True):
        np.testing.assert_array_equal(to_numpy(variable), old)


@pytest.mark.network
def test_layers_of_another_kind():
    import keras

    network = keras.Sequential([keras.Input((3, 2)), keras.layers.GRU(2, name="gru")])
    with pytest.raises(TypeError, match="'gru' is of the type GRU"):
        load_state(network, {})


# Beside PyTorch.


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def torch_network(torch):
    """The small network there, with a batch's statistics."""
    from torch import nn

    torch.manual_seed(0)
    network = nn.Sequential()
    network.stem = nn.Sequential()
    network.stem.conv = nn.Conv2d(4, 6, (3, 2), groups=2)
    network.stem.bn = nn.BatchNorm2d(6, eps=1e-3)
    network.relu = nn.ReLU()
    network.deep = nn.Conv2d(6, 12, (2, 3), groups=6, bias=False)
    network.pool = nn.AdaptiveAvgPool2d(1)
    network.flatten = nn.Flatten()
    network.fc = nn.Linear(12, 3)
    for _ in range(9):
        network(torch.randn(8, 4, 6, 5) * 2 + 1)
    return network.eval()


def save(torch, state, path, how):
    if how == "safetensors":
        from safetensors.torch import save_file

        save_file(dict(state), path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=how == "zip")


@pytest.mark.network
@pytest.mark.parametrize("how", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("half", [False, True])
def test_forward_pass_of_torch(torch, torch_network, how, half, path):
    if how == "safetensors":
        pytest.importorskip("safetensors.torch")
    state = torch_network.state_dict()
    if half:
        state = {
            name: tensor.half() if tensor.is_floating_point() else tensor
            for name, tensor in state.items()
        }
    save(torch, state, path, how)
    network = small_network()
    load_state(network, read_state(path), path)
    x = torch.randn(2, 4, 6, 5)
    with torch.no_grad():
        expected = torch_network(x).numpy()
    outputs = to_numpy(network(x.permute(0, 2, 3, 1).numpy()))
    rtol = 1e-2 if half else 1e-4
    np.testing.assert_allclose(outputs, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("how", ["zip", "legacy"])
def test_what_torch_can_save(torch, torch_network, how, path):
    x = torch.randn(4, 3, 5)
    state = {
        "transposed": x.transpose(0, 2),
        "part": x[1:3, :, ::2],
        "shared": x,
        "expanded": x[0, 0].expand(2, 5),
        "parameter": torch.nn.Parameter(x[:2].clone()),
        "bfloat16": x.bfloat16().transpose(0, 1),
        "half": x.half(),
        "double": x.double(),
        "byte": torch.tensor([[1, 2], [3, 255]], dtype=torch.uint8).T,
        "no": torch.zeros(0),
        "one": torch.tensor(1.5),
        **dict(torch_network.named_parameters()),
    }
    save(torch, {"model": state, "epoch": 3}, path, how)
    read = read_state(path)
    assert list(read) == list(state)
    for name, expected in state.items():
        if expected.dtype in (torch.bfloat16, torch.half):
            expected = expected.float()
        expected = expected.detach().numpy()
        assert read[name].dtype == expected.dtype
        np.testing.assert_array_equal(read[name], expected)
