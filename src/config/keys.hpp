// SPDX-License-Identifier: Apache-2.0
// The list of configuration keys (keys.def) as data: what the readers check and what the reference page shows.
// Any thread; static data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dialplane::config {

enum class SectionId : std::uint8_t {
  kRoot,
  kRuntime,
  kNode,
  kKeys,
  kControl,
  kPort,
  kNeighbor,
  kListener,
  kPool,
  kBackend,
  kBackendHealth,
  kHealth,
  kAffinity,
  kRule
};
enum class SectionForm : std::uint8_t { kTable, kTables };
enum class KeyType : std::uint8_t {
  kText,
  kName,
  kPath,
  kKeyFile,
  kListenAddress,
  kHttpAddress,
  kEndpoint,
  kAddress,
  kProbeSourceList,
  kMac,
  kChoice,
  kOutbound,
  kAction,
  kPlacementKey,
  kInteger,
  kNumber,
  kDuration,
  kBoolean,
  kTextOrList,
  kCodeList,
  kNameList,
  kHostList,
  kPrefixList,
  kInterfaceAddressList,
  kRouteList,
  kKeyFileList,
  kIntegerList,
  kTable,
  kTableList
};
enum class Reloadable : std::uint8_t { kNo, kYes };

struct SectionInfo {
  SectionId id;
  std::string_view path;
  SectionForm form;
  std::string_view intro;
};

struct KeyInfo {
  SectionId section;
  std::string_view key;
  KeyType type;
  std::string_view default_text;
  std::string_view range;
  Reloadable reloadable;
  std::string_view help;
  [[nodiscard]] bool required() const noexcept { return default_text == "required"; }
};

std::span<const SectionInfo> all_sections() noexcept;
std::span<const KeyInfo> all_keys() noexcept;
/// The key of a section, nullptr if it has none of that name.
const KeyInfo* find_key(SectionId section, std::string_view key) noexcept;
const SectionInfo& section_info(SectionId section) noexcept;

/// What a value of this type looks like, for people: "name", `"ADDRESS:PORT"`.
std::string_view type_label(KeyType type) noexcept;
/// Bounds of an integer key, from its range.
std::pair<std::int64_t, std::int64_t> integer_bounds(const KeyInfo& key) noexcept;
/// Bounds of a number key, from its range.
std::pair<double, double> number_bounds(const KeyInfo& key);
/// Bounds of a duration key, from its range.
std::pair<std::chrono::milliseconds, std::chrono::milliseconds> duration_bounds(const KeyInfo& key) noexcept;
/// Values of a choice key, from its range.
std::vector<std::string_view> choices(const KeyInfo& key);

/// The candidate that `word` is probably a slip of the pen for; nullopt if none is near.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace dialplane::config
