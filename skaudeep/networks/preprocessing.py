"""From the colours of a picture to what an image network was trained on."""
# SPDX-License-Identifier: BSD-3-Clause

from keras import ops

__all__ = ["PREPROCESSING", "preprocess"]

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_CAFFE_MEAN = (103.939, 116.779, 123.68)


def _by_channel(pictures, offset, factor):
    offset, factor = (ops.cast(v, pictures.dtype) for v in (offset, factor))
    return (pictures - offset) * factor


def _torch(pictures):
    offset = [255 * mean for mean in _MEAN]
    factor = [1 / (255 * deviation) for deviation in _DEVIATION]
    return _by_channel(pictures, offset, factor)


def _caffe(pictures):
    return ops.flip(pictures, axis=-1) - ops.cast(_CAFFE_MEAN, pictures.dtype)


PREPROCESSING = {
    "none": lambda pictures: pictures,
    "unit": lambda pictures: pictures / 255.0,
    "tf": lambda pictures: pictures / 127.5 - 1.0,
    "torch": _torch,
    "caffe": _caffe,
    "bgr": lambda pictures: ops.flip(pictures, axis=-1),
    "lite": lambda pictures: (pictures - 127.0) / 128.0,
}


def preprocess(pictures, mode):
    """Scale pictures of values 0 to 255.

    Parameters
    ----------
    pictures : tensor of shape (n, height, width, 3)
        Floats; red, green and blue.
    mode : {"none", "unit", "tf", "torch", "caffe", "bgr", "lite"}
        "none": as they are. "unit": to 0 ... 1. "tf": to -1 ... 1. "torch": the mean
        and standard deviation of ImageNet's colours. "caffe": blue, green, red less
        ImageNet's mean. "bgr": blue, green, red as they are. "lite":
        ``(x - 127) / 128``.

    Returns
    -------
    tensor of the same shape
    """
    return PREPROCESSING[mode](pictures)
