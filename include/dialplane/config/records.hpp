// SPDX-License-Identifier: Apache-2.0
// A configuration text as records with keys: what it says, and what makes two texts differ. Any thread; cold code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config {

/// One key of one record. Values are written as in the file; names of key files are not told.
struct Entry {
  std::string record;  ///< "[[pool.backend]] sbc/sbc1"
  std::string key;
  std::string value;
  bool is_default = false;  ///< the text does not have the key: `value` is what the reference says of it
};

/// Every key of every record in the order of the text; with `with_defaults` also those that a record could have and has
/// not. Errors: no entries for what is not TOML.
std::vector<Entry> entries_of(std::string_view text, bool with_defaults);

struct Difference {
  enum class Kind : std::uint8_t { kAdded, kRemoved, kChanged, kMoved };
  Kind kind = Kind::kChanged;
  std::string record;
  std::string key;     ///< empty for kMoved
  std::string before;  ///< empty: the record or the key was absent
  std::string after;   ///< empty: it is absent now
  friend bool operator==(const Difference&, const Difference&) = default;
};
std::string_view difference_name(Difference::Kind kind) noexcept;

/// What turns `before` into `after`, record by record: a record that came or went with all its keys, a key whose value
/// differs from what it was (a key that is absent equals its default), a record that stands elsewhere in its list where
/// the order means something. Precondition: both are valid configurations.
std::vector<Difference> differences(std::string_view before, std::string_view after);

/// "[[pool.backend]] sbc/sbc1 weight: 100 -> 50", for people.
std::string describe(const Difference& difference);

}  // namespace dialplane::config
