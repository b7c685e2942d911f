"""``skaudeep inspect`` of files of features."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["inspect_features", "is_features"]


def is_features(path):
    return False


def inspect_features(console, path, detailed, strict):
    pass
