# SPDX-License-Identifier: Apache-2.0
"""Side-by-side measurements behind perf/compare. Standard library only; processes come from tests/harness."""
