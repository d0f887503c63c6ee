# SPDX-License-Identifier: Apache-2.0
"""The test bench: network namespaces, a real dialplane, SIPp on both sides, and what their logs say afterwards.

Shared by scripts/demo and tests/integration. Standard library only.
"""
