# SPDX-License-Identifier: Apache-2.0
"""The real program in network namespaces."""
