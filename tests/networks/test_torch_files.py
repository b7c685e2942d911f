"""Weight files of PyTorch, read without it, whatever they hold."""
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

from skaudeep.networks.torch_weights import read_state

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
