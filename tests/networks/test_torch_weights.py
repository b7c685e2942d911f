"""Weight files of PyTorch, and their way into Keras networks."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from backends import to_numpy
from pickled_tensors import (
    LEGACY_HEAD,
    Build,
    Call,
    Global,
    PythonTwo,
    dumps,
    tensor,
    write_legacy,
    write_zip,
)

from skaudeep.networks.torch_weights import layer_name, load_state, read_state

FILES = Path(__file__).parent.parent / "reference" / "torch_files"
SIX = np.arange(6, dtype="f4")
WRITERS = {"zip": write_zip, "legacy": write_legacy}


@pytest.fixture(params=list(WRITERS))
def write(request):
    """A function that writes a file of one of the formats."""
    return WRITERS[request.param]


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "weights.pth")


def assert_states_equal(state, expected):
    assert list(state) == list(expected)
    for name, array in expected.items():
        assert state[name].dtype == array.dtype, name
        np.testing.assert_array_equal(state[name], array, err_msg=name)


# Files that PyTorch has written.


@pytest.mark.parametrize("name", ["zip.pth", "legacy.pth"])
def test_reads_what_torch_wrote(name):
    numbers = np.arange(24, dtype="f4").reshape(2, 3, 4)
    expected = {
        "plain": numbers / 8,
        "transposed": numbers.transpose(2, 0, 1),
        "part": numbers[:, 1:, ::2],
        "same": numbers,
        "row": numbers[1, 2],
        "scalar": np.array(2.5, "f4"),
        "empty": np.empty((0, 3), "f4"),
        "expanded": np.array([[1, 2]] * 3, "f4"),
        "parameter": np.array([-1.5, 0.25], "f4"),
        "double": np.array([1 / 3]),
        "half": np.array([1.5, -65504], "f4"),
        # 8 bits of the significand are left.
        "bfloat16": np.array([1.5, -(2.0**120) * 226], "f4"),
        "int64": np.array([2**40]),
        "int32": np.array([-7], "i4"),
        "int16": np.array([-7], "i2"),
        "int8": np.array([-7], "i1"),
        "uint8": np.array([249], "u1"),
        "bool": np.array([True, False]),
    }
    assert_states_equal(read_state(FILES / name), expected)


def test_checkpoint_of_a_parallel_training():
    state = read_state(FILES / "checkpoint.pth")
    assert_states_equal(
        state,
        {
            "conv.weight": np.arange(18, dtype="f4").reshape(2, 1, 3, 3),
            "conv.bias": np.array([100, 101], "f4"),
            "bn.weight": np.array([200, 201], "f4"),
            "bn.bias": np.array([300, 301], "f4"),
            "bn.running_mean": np.array([400, 401], "f4"),
            "bn.running_var": np.array([500, 501], "f4"),
            "bn.num_batches_tracked": np.array(600),
        },
    )


def test_whole_model_is_refused():
    with pytest.raises(
        ValueError,
        match=r"whole_model.pth' .* 'torch.nn.modules.container.Sequential'.*"
        r"torch.save\(model.state_dict\(\), path\)",
    ):
        read_state(FILES / "whole_model.pth")


# Files written here.


def test_strides_and_offsets_of_a_shared_storage(write, path):
    content = {
        "rows": tensor("FloatStorage", (2, 3), (3, 1)),
        "columns": tensor("FloatStorage", (3, 2), (1, 3)),
        "last": tensor("FloatStorage", (2, 1), (3, 9), offset=2),
    }
    write(path, content, {"0": SIX})
    rows = SIX.reshape(2, 3)
    expected = {"rows": rows, "columns": rows.T, "last": rows[:, 2:]}
    assert_states_equal(read_state(path), expected)


def test_wrappers_and_prefixes(write, path):
    one = tensor("FloatStorage", (6,), (1,))
    for wrapper in ("state_dict", "model_state_dict", "model"):
        content = {"epoch": 3, "best": None, wrapper: {"module.a.module.b": one}}
        write(path, content, {"0": SIX})
        assert_states_equal(read_state(path), {"a.module.b": SIX})
    # A module of this name beside others is no prefix; nor is an entry a wrapper.
    write(path, {"module.a": one, "model": one}, {"0": SIX})
    assert_states_equal(read_state(path), {"module.a": SIX, "model": SIX})


def test_files_of_the_first_releases(path):
    """Strings of Python 2, Parameter with a state, and views of storages."""
    hooks = Call(Global("collections", "OrderedDict"), ([],), {"x": 1})
    *_, storage = tensor(
        Global("torch.cuda", "FloatStorage"),
        (2,),
        (1,),
        n_elements=6,
        key=PythonTwo("94"),
        view=(("95", 2, 3),),
    ).arguments[:1]
    old = Call(Global("torch._utils", "_rebuild_tensor"), (storage, 1, (2,), (1,)))
    parameter = Call(
        Global("torch.nn.parameter", "Parameter"), (old,), (True, False, hooks)
    )
    pair = (PythonTwo("a.weight"), parameter)
    content = Call(Global("collections", "OrderedDict"), ([pair],))
    write_legacy(path, content, {"94": SIX})
    assert_states_equal(read_state(path), {"a.weight": SIX[3:5]})


def test_byte_order_of_zip_archives(path):
    content = {"a": tensor("FloatStorage", (6,), (1,))}
    write_zip(path, content, {"0": SIX.astype(">f4")}, "big", top="any/name")
    assert_states_equal(read_state(path), {"a": SIX})
    write_zip(path, content, {"0": SIX}, byteorder=None)
    assert_states_equal(read_state(path), {"a": SIX})


def test_bfloat16(write, path):
    values = np.array([[1, -2.5], [0, 3e38]], "f4")
    bits = (values.view("u4") >> 16).astype("u2")
    content = {"a": tensor("BFloat16Storage", (2, 2), (1, 2), n_elements=4)}
    write(path, content, {"0": bits.ravel()})
    state = read_state(path)
    assert state["a"].dtype == "f4"
    np.testing.assert_allclose(state["a"], values.T, rtol=2**-7)


def test_safetensors(tmp_path):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    # The content decides, not the name.
    path = tmp_path / "weights.bin"
    state = {
        "module.d": np.empty((2, 0), "f4"),
        "module.a": SIX.reshape(2, 3),
        "module.c": np.array([7]),
        "module.b": np.array(2.5, "f2"),
    }
    save_file(state, path)
    read = read_state(path)
    assert list(read) == ["a", "b", "c", "d"]
    assert read["b"].dtype == "f4"
    assert {name: a.tolist() for name, a in read.items()} == {
        name.removeprefix("module."): a.tolist() for name, a in state.items()
    }


def write_safetensors(path, kind, data):
    offsets = f'"shape": [2], "data_offsets": [0, {len(data)}]'
    header = f'{{"a": {{"dtype": "{kind}", {offsets}}}}}'.encode()
    Path(path).write_bytes(struct.pack("<Q", len(header)) + header + data)


def test_safetensors_of_types_that_numpy_lacks(tmp_path):
    pytest.importorskip("safetensors")
    path = tmp_path / "weights.safetensors"
    write_safetensors(path, "BF16", b"\xc0\x3f\x20\xc0")
    np.testing.assert_array_equal(read_state(path)["a"], np.array([1.5, -2.5], "f4"))
    write_safetensors(path, "F8_E4M3", b"\0\0")
    with pytest.raises(ValueError, match="'a' is of the type 'F8_E4M3'"):
        read_state(path)


# Bad files.


@pytest.mark.parametrize("name", ["zip.pth", "legacy.pth", "safetensors"])
def test_cut_off_anywhere(name, path):
    if name == "safetensors":
        numpy = pytest.importorskip("safetensors.numpy")
        numpy.save_file({"a": SIX, "b": SIX.astype("f2")}, path)
        content = Path(path).read_bytes()
    else:
        content = (FILES / name).read_bytes()
    # More often where there are the headers.
    ends = {*range(0, len(content), 37), *range(0, 300, 5), len(content) - 1}
    for end in sorted(end for end in ends if end < len(content)):
        Path(path).write_bytes(content[:end])
        with pytest.raises(ValueError, match=re.escape(repr(path))):
            read_state(path)


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html>", "it begins with b'<!DOCTYPE html>'"),
        (dumps({"a": 1}), "it is a pickle, but not one of torch.save"),
        (dumps(LEGACY_HEAD[0]) + dumps(1002), "it is a pickle, but not"),
        (b"PK\3\4 and no more", "it is a zip archive that is cut off"),
    ],
)
def test_no_weight_file(content, reason, path):
    Path(path).write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        read_state(path)


def test_changed_number_in_a_zip_archive(path):
    write_zip(path, {"a": tensor("FloatStorage", (6,), (1,))}, {"0": SIX})
    content = Path(path).read_bytes()
    assert content.count(SIX.tobytes()) == 1
    Path(path).write_bytes(content.replace(SIX.tobytes(), SIX[::-1].tobytes()))
    with pytest.raises(ValueError, match="Bad CRC-32"):
        read_state(path)


def test_zip_archive_of_something_else(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez(path, a=SIX)
    with pytest.raises(ValueError, match="zip archive, but not one of torch.save"):
        read_state(path)


def test_missing_file_is_an_oserror(path):
    with pytest.raises(FileNotFoundError, match="weights.pth"):
        read_state(path)


@pytest.mark.parametrize(
    "content, reason",
    [
        ([1, 2], "something else than a dictionary of tensors"),
        ({"a": 1}, "its entry 'a' is no tensor"),
        ({1: tensor("FloatStorage", (6,), (1,))}, "its entry 1 is no tensor"),
        ({"a": tensor("FloatStorage", (7,), (1,))}, "reaches beyond"),
        ({"a": tensor("FloatStorage", (6,), (1,), offset=1)}, "reaches beyond"),
        ({"a": tensor("FloatStorage", (2, 3), (4, 1))}, "reaches beyond"),
        # The product of these, in bytes, is 0 in integers of 64 bits.
        ({"a": tensor("FloatStorage", (2**33 + 1,), (2**31,))}, "reaches beyond"),
        ({"a": tensor("FloatStorage", (6,), (1,), offset=-1)}, "negative"),
        ({"a": tensor("FloatStorage", (6,), (-1,), offset=5)}, "negative"),
        ({"a": tensor("FloatStorage", (6,), (1, 1))}, "ValueError"),
        ({"a": tensor("FloatStorage", "ab", (1, 1))}, "TypeError"),
        ({"a": tensor("DoubleStorage", (6,), (1,))}, "reaches beyond|cut off"),
        ({"a": tensor("FloatStorage", (6,), (1,), key="1")}, "KeyError"),
        ({"a": tensor("ComplexFloatStorage", (3,), (1,))}, "'torch.ComplexFloatSt"),
        ({"a": tensor("load", (3,), (1,))}, "asks for 'torch.load'"),
        ({"a": Global("builtins", "eval")}, "'builtins.eval'"),
        ({"a": Global("collections", "OrderedDict.pop")}, "OrderedDict.pop"),
    ],
)
def test_bad_content(write, content, reason, path):
    write(path, content, {"0": SIX})
    with pytest.raises(ValueError, match=f"{re.escape(repr(path))}.*({reason})"):
        read_state(path)


def test_wrong_number_of_elements(path):
    write_legacy(path, {"a": tensor("FloatStorage", (6,), (1,))}, {"0": SIX[:5]})
    with pytest.raises(ValueError, match="5 numbers where 6 should be"):
        read_state(path)


def test_damage_cannot_ask_for_all_memory(write, path):
    """A number under which the pickle notes a value, for which room is made."""
    write(path, b"\x80\x02}r\xff\xff\xff\x7f.", {})
    with pytest.raises(ValueError, match="the pickle is none of torch.save"):
        read_state(path)


class Malicious:
    """Runs a command when it is unpickled without care."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_no_code_of_the_file_is_run(path, tmp_path):
    marker = tmp_path / "marker"
    bad = pickle.dumps({"a": Malicious(f"echo > {marker}")}, protocol=2)
    pickle.loads(bad)
    assert marker.exists()
    marker.unlink()

    def assert_refused():
        with pytest.raises(ValueError, match=r"asks for '(posix|nt)\.system'"):
            read_state(path)
        assert not marker.exists()

    Path(path).write_bytes(bad)
    assert_refused()
    write_zip(path, bad, {})
    assert_refused()
    write_legacy(path, bad, {})
    assert_refused()
    # In every other pickle of the older format.
    for i in range(4):
        head = [dumps(value) for value in (*LEGACY_HEAD, {})]
        head[i] = bad
        Path(path).write_bytes(b"".join(head) + bad)
        assert_refused()


@pytest.mark.parametrize(
    "target",
    [
        Global("collections", "OrderedDict"),
        Global("torch._utils", "_rebuild_tensor_v2"),
        Global("torch._utils", "_rebuild_parameter"),
        Global("torch", "FloatStorage"),
    ],
)
@pytest.mark.parametrize("state", [{"marked": 1}, (None, {"marked": 1})])
def test_no_file_can_leave_something_behind(write, target, state, path):
    """Pickles may set attributes, also those of classes and functions."""
    one = tensor("FloatStorage", (6,), (1,))
    write(path, {"a": Build(target, state), "b": one}, {"0": SIX})
    with pytest.raises(ValueError, match="it is damaged|is no tensor"):
        read_state(path)
    from skaudeep.networks import torch_files

    for reached in vars(torch_files).values():
        assert not hasattr(reached, "marked")


# Into networks.


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
