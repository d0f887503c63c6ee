// SPDX-License-Identifier: Apache-2.0
// A golden case: configuration, packets in, packets out, counters. Parsed from one text file (see cases/README.md).
#pragma once

#include "dialplane/base/address.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dialplane::golden {

/// A packet given or expected. `port` is the `[[port]]` name.
struct CasePacket {
  std::string port;
  Endpoint source;
  Endpoint destination;
  std::vector<std::uint8_t> payload;
  std::vector<std::uint8_t> frame;  ///< whole frame, when given as hex; else empty
  bool bad_checksum = false;
  std::size_t room_bytes = 384;  ///< free on each side of the frame
  std::string punt_lane;         ///< expected: "critical" or "other"; else empty
};

/// One packet in and what must come out of it.
struct CaseStep {
  CasePacket in;
  std::vector<CasePacket> out;
};

struct Case {
  std::string title;  ///< the first comment line
  std::string config;
  std::vector<CaseStep> steps;
  std::map<std::string, std::uint64_t> counters;
};

/// Errors: throws std::runtime_error with file and line.
Case read_case(const std::string& path);

/// The case's file with other outputs and counters: `DIALPLANE_GOLDEN_UPDATE=1` writes it after a deliberate change.
std::string render_case(const std::string& path, const Case& result);

}  // namespace dialplane::golden
