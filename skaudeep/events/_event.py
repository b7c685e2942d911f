"""The event, where users look for it; what is below `events` needs it, too."""
# SPDX-License-Identifier: BSD-3-Clause

from skaudeep._event_lists import Event

__all__ = ["Event"]
