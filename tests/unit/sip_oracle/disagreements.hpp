// SPDX-License-Identifier: Apache-2.0
// The list of known disagreements, tests/data/oracle_disagreements.tsv. Test thread.
#pragma once

#include "causes.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace dialplane::oracle {

struct Disagreement {
  std::string cause;
  Oracle oracle = Oracle::kOsip;
  Field field = Field::kMethod;
  std::string row;  ///< the header row that shows it, without its line end
  std::string ours;
  std::string theirs;
  std::string right;  ///< "ours", "theirs" or "both"
  std::string why;
};

/// Names a line in a failed test.
inline void PrintTo(const Disagreement& known, std::ostream* out) {
  *out << known.cause << ", " << oracle_name(known.oracle) << ", "
       << kFieldNames[static_cast<std::size_t>(known.field)];
}

/// Reads the list. Errors: throws std::runtime_error for a line that is not complete or names what does not exist.
std::vector<Disagreement> read_disagreements();

/// A response that everybody reads alike, but for this row in the place of the one of the same header.
std::string message_with(const std::string& row);

}  // namespace dialplane::oracle
