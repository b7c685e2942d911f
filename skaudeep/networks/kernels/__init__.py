"""Recurrent layers on the processor: NumPy kernels and their ties to the backends."""
# SPDX-License-Identifier: BSD-3-Clause
