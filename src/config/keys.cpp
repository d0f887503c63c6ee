// SPDX-License-Identifier: Apache-2.0
// Access to the key list and the edit distance behind "did you mean". Any thread; cold code.
#include "keys.hpp"

#include "dialplane/base/duration.hpp"
#include "dialplane/base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace dialplane::config {
namespace {

constexpr SectionInfo kSections[] = {
#define DP_SECTION(id, path, form, intro) {SectionId::id, path, SectionForm::form, intro},
#define DP_KEY(section, key, type, default_text, range, reloadable, help)
#include "keys.def"
#undef DP_SECTION
#undef DP_KEY
};

constexpr KeyInfo kAllKeys[] = {
#define DP_SECTION(id, path, form, intro)
#define DP_KEY(section, key, type, default_text, range, reloadable, help) \
  {SectionId::section, key, KeyType::type, default_text, range, Reloadable::reloadable, help},
#include "keys.def"
#undef DP_SECTION
#undef DP_KEY
};

/// The two ends of "LOW to HIGH"; empty if it is none.
std::pair<std::string_view, std::string_view> split_range(std::string_view range) noexcept {
  constexpr std::string_view kTo = " to ";
  const std::size_t split = range.find(kTo);
  if (split == std::string_view::npos) return {};
  return {range.substr(0, split), range.substr(split + kTo.size())};
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::span<const SectionInfo> all_sections() noexcept { return kSections; }
std::span<const KeyInfo> all_keys() noexcept { return kAllKeys; }

const KeyInfo* find_key(SectionId section, std::string_view key) noexcept {
  for (const KeyInfo& info : kAllKeys) {
    if (info.section == section && info.key == key) return &info;
  }
  return nullptr;
}

const SectionInfo& section_info(SectionId section) noexcept {
  const auto* found = std::ranges::find(kSections, section, &SectionInfo::id);
  return found == std::end(kSections) ? kSections[0] : *found;
}

std::string_view type_label(KeyType type) noexcept {
  switch (type) {
    case KeyType::kText:
      return "text";
    case KeyType::kName:
      return "name";
    case KeyType::kPath:
      return "absolute path";
    case KeyType::kKeyFile:
      return "`\"file:PATH\"`";
    case KeyType::kListenAddress:
      return "`\"udp:ADDRESS:PORT\"`";
    case KeyType::kHttpAddress:
      return "`\"ADDRESS:PORT\"`";
    case KeyType::kEndpoint:
      return "`\"ADDRESS:PORT\"`";
    case KeyType::kAddress:
      return "IP address";
    case KeyType::kMac:
      return "Ethernet address";
    case KeyType::kChoice:
      return "choice";
    case KeyType::kOutbound:
      return "choice";
    case KeyType::kAction:
      return "choice";
    case KeyType::kPlacementKey:
      return "choice or table";
    case KeyType::kInteger:
      return "integer";
    case KeyType::kNumber:
      return "number";
    case KeyType::kDuration:
      return "duration";
    case KeyType::kBoolean:
      return "boolean";
    case KeyType::kTextOrList:
      return "text or list of texts";
    case KeyType::kNameList:
      return "list of names";
    case KeyType::kHostList:
      return "list of host names";
    case KeyType::kPrefixList:
      return "list of prefixes";
    case KeyType::kInterfaceAddressList:
      return "list of `\"ADDRESS/LENGTH\"`";
    case KeyType::kRouteList:
      return "list of routes";
    case KeyType::kKeyFileList:
      return "list of `\"file:PATH\"`";
    case KeyType::kIntegerList:
      return "list of integers";
    case KeyType::kCodeList:
      return "list of codes";
    case KeyType::kProbeSourceList:
      return "list of `\"ADDRESS\"` or `\"ADDRESS:PORT\"`";
    case KeyType::kTable:
      return "table";
    case KeyType::kTableList:
      return "tables";
  }
  return "";
}

std::pair<std::int64_t, std::int64_t> integer_bounds(const KeyInfo& key) noexcept {
  const auto [from, to] = split_range(key.range);
  const auto low = parse_decimal(from, INT64_MAX);
  const auto high = parse_decimal(to, INT64_MAX);
  return {static_cast<std::int64_t>(low.value_or(0)), static_cast<std::int64_t>(high.value_or(INT64_MAX))};
}

std::pair<double, double> number_bounds(const KeyInfo& key) {
  const auto [from, to] = split_range(key.range);
  return {std::stod(std::string(from)), std::stod(std::string(to))};
}

std::pair<std::chrono::milliseconds, std::chrono::milliseconds> duration_bounds(const KeyInfo& key) noexcept {
  const auto [from, to] = split_range(key.range);
  const std::chrono::milliseconds none{0};
  return {parse_duration(from).value_or(none), parse_duration(to).value_or(none)};
}

std::vector<std::string_view> choices(const KeyInfo& key) {
  constexpr std::string_view kBar = " | ";
  std::vector<std::string_view> result;
  std::string_view rest = key.range;
  for (std::size_t bar = rest.find(kBar); bar != std::string_view::npos; bar = rest.find(kBar)) {
    result.push_back(rest.substr(0, bar));
    rest.remove_prefix(bar + kBar.size());
  }
  result.push_back(rest);
  return result;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  // Quadratic in the length, and the word comes from the file.
  constexpr std::size_t kLongestWord = 64;
  if (word.size() > kLongestWord) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace dialplane::config
