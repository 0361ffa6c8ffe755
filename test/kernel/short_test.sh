#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The share of the bridge's tests that `make check` has time for: the usual clients, and twenty cycles.
cd "$(dirname "$0")/../.." || exit 2
export KERNEL_SUITES="clients cycles" KERNEL_CYCLES=20 KERNEL_SECONDS="${KERNEL_SECONDS:-1700}"
exec test/kernel/kernel_test.sh
