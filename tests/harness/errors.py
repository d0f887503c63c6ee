# SPDX-License-Identifier: Apache-2.0
"""What can go wrong on the bench, as sentences a person can act on."""


class BenchError(Exception):
    """The bench could not do its work; the text says what and where to look."""


class ProcessDied(BenchError):
    """A process the bench relies on ended when it should not have."""
