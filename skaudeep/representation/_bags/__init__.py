"""Bags of frames: codebooks, nearest words and histograms."""
# SPDX-License-Identifier: BSD-3-Clause
