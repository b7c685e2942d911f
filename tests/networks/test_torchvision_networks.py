"""AlexNet and GoogLeNet against torchvision's."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import torch_models
from backends import to_numpy

from skaudeep.networks.torch_weights import layer_name, load_state, read_state

pytestmark = pytest.mark.network
REFERENCE = Path(__file__).parent.parent / "reference" / "torchvision"
SHAPES = json.loads((REFERENCE / "state_dicts.json").read_text("utf-8"))
# Modules whose outputs are compared.
MODULES = {
    "alexnet": [
        "features.2",
        "features.12",
        "avgpool",
        "classifier.1",
        "classifier.2",
        "classifier.5",
    ],
    "googlenet": [
        "conv1.conv",
        "conv1",
        "maxpool2",
        "inception3a.branch3.0",
        "inception3a",
        "maxpool4",
        "inception5b",
        "avgpool",
    ],
}


def build(name):
    from skaudeep.networks.alexnet import alexnet
    from skaudeep.networks.googlenet import googlenet

    return {"alexnet": alexnet, "googlenet": googlenet}[name]()


def outputs(network, modules, pictures):
    """By torchvision's names, and the network's own as "logits"."""
    import keras

    layers = [network.get_layer(layer_name(module)) for module in modules]
    several = keras.Model(
        network.input, [*(layer.output for layer in layers), network.output]
    )
    if keras.backend.backend() == "jax":
        # Compiled as a whole, which is much faster than one operation after the other,
        # and with the weights as arguments, or else they are compiled as well.
        import jax

        variables = several.trainable_variables, several.non_trainable_variables
        values = [[variable.value for variable in group] for group in variables]
        tensors, _ = jax.jit(several.stateless_call)(*values, pictures)
    else:
        tensors = several(pictures)
    arrays = [np.array(to_numpy(tensor)) for tensor in tensors]
    return dict(zip([*modules, "logits"], arrays, strict=True))


class Case:
    """A network with weights, and what it computes."""

    def __init__(self, name):
        self.name = name
        self.network = build(name)
        self.state = torch_models.state_of(SHAPES[name])
        load_state(self.network, self.state)
        self.outputs = outputs(self.network, MODULES[name], torch_models.pictures())


@pytest.fixture(scope="module", params=["alexnet", "googlenet"])
def case(request):
    return Case(request.param)


def assert_equal_but_for_rounding(ours, theirs, name):
    ours, theirs = ours.ravel(), theirs.ravel()
    assert np.std(theirs) > 0.1
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4, err_msg=name)


def test_outputs_of_torchvision(case):
    with np.load(REFERENCE / "activations.npz") as file:
        expected = {
            key.partition("/")[2]: array
            for key, array in file.items()
            if key.startswith(f"{case.name}/")
        }
    assert len(expected) > 5
    for name, array in case.outputs.items():
        if layer_name(name) in expected:
            theirs = expected.pop(layer_name(name))
            step = array.size // len(theirs)
            ours = array.ravel()[::step][: len(theirs)]
            assert_equal_but_for_rounding(ours, theirs, name)
    assert not expected


def test_forward_pass_of_torch(case):
    pytest.importorskip("torch")
    model = getattr(torch_models, case.name)()
    shapes = {key: list(t.shape) for key, t in model.state_dict().items()}
    assert shapes == SHAPES[case.name]
    expected = torch_models.activations(model, case.state, MODULES[case.name])
    for name, theirs in expected.items():
        assert_equal_but_for_rounding(case.outputs[name], theirs, name)


def test_parameters_and_shapes(case):
    n_parameters = sum(np.prod(v.shape) for v in case.network.trainable_variables)
    assert n_parameters == {"alexnet": 61_100_840, "googlenet": 6_624_904}[case.name]
    assert case.network.input_shape == (None, 224, 224, 3)
    assert case.network.output_shape == (None, 1000)
    shapes = {
        "alexnet": {"avgpool": (6, 6, 256), "classifier_5": (4096,)},
        "googlenet": {"inception3a": (28, 28, 256), "avgpool": (1024,)},
    }[case.name]
    for name, shape in shapes.items():
        assert case.network.get_layer(name).output.shape == (None, *shape)


def test_every_module_of_torchvision_is_a_layer(case):
    names = {layer.name for layer in case.network.layers}
    for entry in SHAPES[case.name]:
        assert layer_name(entry.rpartition(".")[0]) in names
    if case.name == "alexnet":
        assert {f"features_{i}" for i in range(13)} <= names
    else:
        assert {"maxpool1", "inception5b_branch4_0", "conv2"} <= names


def test_weights_of_the_other_network():
    network = build("googlenet")
    state = {name: np.zeros(shape, "f4") for name, shape in SHAPES["googlenet"].items()}
    heads = {"aux1.conv.bn.weight": np.ones(3), "aux2.fc2.bias": np.ones(1000)}
    load_state(network, {**state, **heads}, ignore=("aux1.", "aux2."))
    with pytest.raises(ValueError, match=r"its 'aux1.conv.bn.weight' of shape \(3,\)"):
        load_state(network, {**state, **heads})
    other = {
        name: np.broadcast_to(np.float32(0), shape)
        for name, shape in SHAPES["alexnet"].items()
    }
    with pytest.raises(
        ValueError,
        match=r"'alexnet.pth' does not hold the weights .* 'googlenet': it has no "
        r"'weight' of shape \(64, 3, 7, 7\) for the layer 'conv1_conv'; its "
        r"'features.0.weight' of shape \(64, 3, 11, 11\) is for no layer here",
    ):
        load_state(network, other, "alexnet.pth")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_release_as_a_file(zipped, tmp_path):
    torch = pytest.importorskip("torch")
    state = torch_models.state_of(SHAPES["googlenet"])
    path = tmp_path / "googlenet.pth"
    tensors = {name: torch.tensor(array) for name, array in state.items()}
    torch.save(tensors, path, _use_new_zipfile_serialization=zipped)
    read = read_state(path)
    assert list(read) == list(state)
    for name, array in state.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_random_weights_depend_on_the_seed_alone():
    from skaudeep.networks.googlenet import googlenet
    from skaudeep.networks.initializers import NumpyGlorotUniform
    from skaudeep.networks.seeds import seed_stream

    network = googlenet(seed=3)
    draw = NumpyGlorotUniform.from_config({"seed": next(seed_stream(3))})
    first = to_numpy(network.get_layer("conv1_conv").kernel)
    np.testing.assert_array_equal(first, to_numpy(draw((7, 7, 3, 64))))
    beginnings = set()
    for layer in network.layers:
        if not hasattr(layer, "kernel"):
            continue
        # Uniform on both sides of zero, up to Glorot's limit.
        kernel = to_numpy(layer.kernel)
        *size, n_inputs, n_outputs = kernel.shape
        limit = np.sqrt(6 / (np.prod(size) * (n_inputs + n_outputs)))
        assert np.abs(kernel).max() == pytest.approx(limit, rel=1e-2), layer.name
        assert np.std(kernel) == pytest.approx(limit / np.sqrt(3), rel=0.05), layer.name
        beginnings.add(round(float(kernel.flat[0] / limit), 4))
    # Every layer has a seed of its own.
    assert len(beginnings) == 58
