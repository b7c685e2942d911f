"""Weight files of PyTorch, read without PyTorch, and their way into Keras networks."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from typing import NamedTuple

import keras
import numpy as np

from skaudeep.networks.torch_files import UnreadableError, read_arrays

__all__ = ["layer_name", "load_state", "read_state"]


def read_state(path):
    """The arrays of a weight file that was written by PyTorch or safetensors.

    No code of the file is run, whatever it holds: of a pickle, only what tensors are
    made of is understood, and anything else is refused. PyTorch need not be installed.

    Parameters
    ----------
    path : path-like
        A file of ``torch.save(model.state_dict(), path)``, in today's format (a zip
        archive) or in that of before PyTorch 1.6, or a file of safetensors. Of a
        checkpoint of a training, which is a dictionary, the entry "state_dict",
        "model_state_dict" or "model" is taken. What the file holds decides, not its
        name.

    Returns
    -------
    dict of str to ndarray
        In the order of the file, for safetensors by name; float16 and bfloat16 as
        float32. The arrays may be read-only and may share memory. Names lose the
        "module." that ``torch.nn.DataParallel`` puts before all of them.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged, or is anything else; the message says what.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from safetensors.numpy import save_file
    >>> from skaudeep.networks.torch_weights import read_state
    >>> with TemporaryDirectory() as folder:
    ...     path = f"{folder}/weights.safetensors"
    ...     save_file({"fc.bias": np.ones(3, np.float16)}, path)
    ...     read_state(path)
    {'fc.bias': array([1., 1., 1.], dtype=float32)}
    """
    path = os.fspath(path)
    with open(path, "rb") as file:
        try:
            state = read_arrays(file)
        except ImportError:
            raise
        # What a damaged file raises depends on where it is damaged.
        except Exception as error:
            reason = str(error)
            if not isinstance(error, UnreadableError):
                reason = f"it is damaged, {type(error).__name__}: {reason}"
            raise ValueError(
                f"{path!r} is no file of weights: {reason}. What can be read is what "
                "torch.save(model.state_dict(), path) or safetensors has written."
            ) from error
    if all(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): array for name, array in state.items()}
    return state


def layer_name(module):
    """Name of the Keras layer for a PyTorch module: ``"features.0"``, `features_0`.

    Keras on PyTorch cannot have weights of layers with a dot in their names.

    Parameters
    ----------
    module : str
        Name of the module, as in a state dict.

    Returns
    -------
    str
        The name with underscores.

    Examples
    --------
    >>> from skaudeep.networks.torch_weights import layer_name
    >>> layer_name("inception3a.branch1.conv")
    'inception3a_branch1_conv'
    """
    return module.replace(".", "_")


def load_state(model, state, path=None, *, layer_names=layer_name, ignore=()):
    """Put arrays of a PyTorch state dict into a Keras model.

    All weights are put there or, if something does not fit, none.

    Parameters
    ----------
    model : keras.Model
        Built. Its layers with weights are Conv2D, DepthwiseConv2D, Dense and
        BatchNormalization.
    state : dict of str to ndarray
        As from :func:`read_state`, in PyTorch's layout: ``"conv1.weight"`` of shape
        (outputs, inputs, rows, columns). Every weight of the model has to be there, and
        nothing else but entries "num_batches_tracked".
    path : path-like or None, default=None
        Where the arrays come from, for messages.
    layer_names : callable, default=layer_name
        From the name of a PyTorch module (``"conv1"``) to that of the model's layer.
    ignore : sequence of str, default=()
        Beginnings of the names of entries to pass over.

    Raises
    ------
    ValueError
        If an entry is missing, has another shape or is left over.
    TypeError
        If the model has a layer with weights of another kind.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from skaudeep.networks.torch_weights import load_state
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="fc")])
    >>> weight, bias = np.array([[1.0, 2.0]]), np.array([3.0])
    >>> load_state(model, {"fc.weight": weight, "fc.bias": bias})
    >>> keras.ops.convert_to_numpy(model(np.array([[10.0, 100.0]])))
    array([[213.]], dtype=float32)
    """
    ignore = tuple(ignore)
    targets = {}
    for layer in model.layers:
        for kind, target in _targets(layer).items():
            targets[layer.name, kind] = target
    arrays, surplus, misshapen = [], [], []
    for entry, array in state.items():
        module, _, kind = entry.rpartition(".")
        if kind == "num_batches_tracked" or entry.startswith(ignore):
            continue
        target = targets.pop((layer_names(module), kind), None)
        if target is None:
            surplus.append(f"its {entry!r} of shape {array.shape} is for no layer here")
        elif target.shape != array.shape:
            misshapen.append(
                f"its {entry!r} has the shape {array.shape}, here it is {target.shape}"
            )
        else:
            arrays.append((target, array))
    missing = [
        f"it has no {kind!r} of shape {target.shape} for the layer {name!r}"
        for (name, kind), target in targets.items()
    ]
    problems = [*misshapen[:1], *missing[:1], *surplus[:1]]
    if problems:
        source = "The state" if path is None else repr(os.fspath(path))
        raise ValueError(
            f"{source} does not hold the weights of this network, {model.name!r}: "
            f"{'; '.join(problems)}."
        )
    for target, array in arrays:
        array = array.reshape(target.split).transpose(target.axes)
        target.variable.assign(np.array(array, dtype=np.float32, order="C"))


class _Target(NamedTuple):
    """Where an array goes, its shape in PyTorch, and how to turn it round."""

    variable: keras.Variable
    shape: tuple
    split: tuple  # the shape once more, with all of Keras's axes
    axes: tuple


def _targets(layer):
    """Targets of a layer by PyTorch's names for them."""
    if isinstance(layer, keras.layers.BatchNormalization):
        vectors = {
            "weight": layer.gamma,
            "bias": layer.beta,
            "running_mean": layer.moving_mean,
            "running_var": layer.moving_variance,
        }
        targets = {}
    elif isinstance(
        layer,
        keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.Dense,
    ):
        vectors = {"bias": layer.bias}
        targets = {"weight": _kernel_target(layer)}
    elif layer.weights:
        raise TypeError(
            f"The layer {layer.name!r} is of the type {type(layer).__name__}. "
            "Weights can be loaded into Conv2D, DepthwiseConv2D, Dense and "
            "BatchNormalization."
        )
    else:
        return {}
    for kind, variable in vectors.items():
        if variable is not None:
            shape = tuple(variable.shape)
            targets[kind] = _Target(variable, shape, shape, (0,))
    return targets


def _kernel_target(layer):
    variable = layer.kernel
    *size, n_inputs, n_outputs = variable.shape
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        shape = (n_inputs * n_outputs, 1, *size)
        return _Target(variable, shape, (n_inputs, n_outputs, *size), (2, 3, 0, 1))
    shape = (n_outputs, n_inputs, *size)
    return _Target(variable, shape, shape, (2, 3, 1, 0) if size else (1, 0))
