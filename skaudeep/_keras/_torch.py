"""Networks on PyTorch, which compiles nothing."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib

from skaudeep._keras._compiled_network import CompiledNetwork, loss_of

__all__ = ["TorchNetwork"]


class TorchNetwork(CompiledNetwork):
    """Eager steps with automatic differentiation."""

    @contextlib.contextmanager
    def training(self):
        """Context in which ``train`` is called."""
        import torch

        # The gradient of a final state decays through the sequence into denormal
        # numbers, on which the processor is up to twenty times slower.
        torch.set_flush_denormal(True)
        try:
            with super().training():
                yield
        finally:
            torch.set_flush_denormal(False)

    def train(self, batch, n_steps=1):
        """See :meth:`CompiledNetwork.train`."""
        import torch

        batch = self.to_device(batch)
        variables = self.network.trainable_variables
        losses = []
        for _ in range(n_steps):
            for variable in variables:
                variable.value.grad = None
            measures = self.network.objective(batch, training=True)
            loss_of(measures).backward()
            with torch.no_grad():
                self.optimizer.apply([v.value.grad for v in variables], variables)
            losses.append(measures.detach())
        return torch.stack(losses)

    def call(self, name, *arrays):
        """See :meth:`CompiledNetwork.call`."""
        import torch

        with torch.no_grad():
            result = getattr(self.network, name)(*self.to_device(arrays))
        return self._to_numpy(result)
