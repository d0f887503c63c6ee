# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# The Debian 12 packages Dialplane needs: the one list, read by scripts/setup.

packages_build=(
  g++ meson ninja-build pkg-config
  libdpdk-dev dpdk libhyperscan-dev libjemalloc-dev
  libtomlplusplus-dev libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libcpp-httplib-dev
  libmnl-dev libexpected-dev libpcap-dev libbpf-dev libxdp-dev
)

# What the network namespaces, SIPp and the looks inside need; not on a fresh machine.
packages_demo=(
  sip-tester iproute2 iputils-ping ethtool nftables socat tcpdump python3 procps util-linux
)

packages_test=(
  libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev
  clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev
  libosip2-dev libsofia-sip-ua-dev dpkg-dev make
  shellcheck tshark kamailio baresip-core jq git dpdk-dev
)
