// SPDX-License-Identifier: Apache-2.0
// Indices and ids that must not be mixed up. An index is valid in one snapshot (or for the life of the process
// where said); an id is derived from configuration and equal on every node.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace dialplane {

/// A number that only compares with its own kind.
template <class Tag, class Raw>
struct StrongId {
  Raw value = 0;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Raw v) noexcept : value(v) {}
  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

/// Position of a port in `[[port]]` order; fixed for the life of the process.
using PortIndex = StrongId<struct PortIndexTag, std::uint16_t>;
/// Position of a worker in `worker_cpus`; fixed for the life of the process.
using WorkerIndex = StrongId<struct WorkerIndexTag, std::uint16_t>;
/// Position of a listener in one snapshot.
using ListenerIndex = StrongId<struct ListenerIndexTag, std::uint16_t>;
/// Position of a pool in one snapshot.
using PoolIndex = StrongId<struct PoolIndexTag, std::uint16_t>;
/// Cell of a backend in per-worker counters; given out once and never reused while the process lives.
using BackendCell = StrongId<struct BackendCellTag, std::uint16_t>;
/// Cell of a screening rule in per-worker counters; goes with the rule's name and is never reused while the process
/// lives.
using RuleCell = StrongId<struct RuleCellTag, std::uint16_t>;
/// Hash of a backend's address or explicit id; equal on every node, independent of order and pool name.
using BackendId = StrongId<struct BackendIdTag, std::uint32_t>;
/// Hash of a listener's address; equal on every node.
using ListenerId = StrongId<struct ListenerIdTag, std::uint32_t>;
/// Hash of a node's name: tells own responses from those of other nodes.
using NodeId = StrongId<struct NodeIdTag, std::uint16_t>;

inline constexpr std::uint16_t kNoIndex = 0xffff;
/// Most ports, workers, backends and rules one process serves; sizes of fixed tables.
inline constexpr std::size_t kMaxPorts = 32;
inline constexpr std::size_t kMaxWorkers = 64;
inline constexpr std::size_t kMaxBackendCells = 4096;
inline constexpr std::size_t kMaxRuleCells = 4096;

}  // namespace dialplane
