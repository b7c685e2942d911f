"""Keras graphs and the loop that trains them; no scikit-learn."""
# SPDX-License-Identifier: BSD-3-Clause
