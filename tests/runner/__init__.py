# SPDX-License-Identifier: Apache-2.0
"""Runs the suites for scripts/test and adds up what they say."""
