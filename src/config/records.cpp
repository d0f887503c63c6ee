// SPDX-License-Identifier: Apache-2.0
// Tree → records, and their comparison. Any thread; cold code.
#include "dialplane/config/records.hpp"

#include "keys.hpp"
#include "toml_writer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace dialplane::config {
namespace {

struct Key {
  std::string name;
  std::string value;  ///< as compared
  std::string shown;
};

struct Record {
  std::string name;
  const SectionInfo* section = nullptr;
  std::vector<Key> keys;
  [[nodiscard]] const Key* find(std::string_view key) const noexcept {
    const auto found = std::ranges::find(keys, key, &Key::name);
    return found == keys.end() ? nullptr : &*found;
  }
};

constexpr std::string_view kHidden = "\"(key file)\"";

const SectionInfo* find_section(std::string_view path) noexcept {
  const auto found = std::ranges::find(all_sections(), path, &SectionInfo::path);
  return found == all_sections().end() ? nullptr : &*found;
}

bool is_secret(const KeyInfo* info) noexcept {
  return info != nullptr && (info->type == KeyType::kKeyFile || info->type == KeyType::kKeyFileList);
}

/// What tells one record of a list from the others.
std::string name_of(const Value& table, std::size_t position) {
  for (const std::string_view key : {"name", "address"}) {
    if (const Value* value = table.find(key); value != nullptr && value->kind == Value::Kind::kText) return value->text;
  }
  return fmt::format("#{}", position + 1);
}

/// Walks a document. A record in another is named by both: "sbc/sbc1".
class Collector {
 public:
  explicit Collector(std::vector<Record>& records) : records_(records) {}

  void add(const Value& table, const SectionInfo& section, const std::string& name) {
    const bool is_table = section.form == SectionForm::kTable;
    const std::string brackets = is_table ? fmt::format("[{}]", section.path) : fmt::format("[[{}]]", section.path);
    const std::size_t own = records_.size();
    records_.push_back({name.empty() ? brackets : fmt::format("{} {}", brackets, name), &section, {}});
    for (const Value::Member& member : table.members) {
      if (walk(member, fmt::format("{}.{}", section.path, member.key), name)) continue;
      const std::string text = value_text(member.value);
      const bool hidden = is_secret(find_key(section.id, member.key));
      records_[own].keys.push_back({member.key, text, hidden ? std::string(kHidden) : text});
    }
  }

  /// Takes a member that is a record or a list of records; false: it is a plain value.
  bool walk(const Value::Member& member, const std::string& path, const std::string& around) {
    const SectionInfo* section = find_section(path);
    if (section == nullptr) return false;
    if (member.value.kind == Value::Kind::kTable) {
      add(member.value, *section, around);
      return true;
    }
    for (std::size_t i = 0; i < member.value.items.size(); ++i) {
      const std::string name = name_of(member.value.items[i], i);
      add(member.value.items[i], *section, around.empty() ? name : fmt::format("{}/{}", around, name));
    }
    return true;
  }

 private:
  std::vector<Record>& records_;
};

std::vector<Record> records_of(std::string_view text) {
  std::vector<Record> records;
  const auto root = parse_toml(text);
  if (!root) return records;
  Collector collector(records);
  for (const Value::Member& member : root->members) collector.walk(member, member.key, "");
  return records;
}

/// The value that an absent key has, as far as the reference can tell it; empty for what must be given.
std::string default_of(const Record& record, std::string_view key) {
  const KeyInfo* info = record.section == nullptr ? nullptr : find_key(record.section->id, key);
  return info == nullptr || info->default_text.starts_with("required") ? std::string()
                                                                       : std::string(info->default_text);
}

void compare(const Record& before, const Record& after, std::vector<Difference>& found) {
  const auto note = [&](const Key* from, const Key* to, const std::string& key) {
    const std::string fallback = default_of(before, key);
    const std::string& old_value = from == nullptr ? fallback : from->value;
    const std::string& new_value = to == nullptr ? fallback : to->value;
    if (old_value == new_value) return;
    found.push_back({Difference::Kind::kChanged, before.name, key, from == nullptr ? fallback : from->shown,
                     to == nullptr ? fallback : to->shown});
  };
  for (const Key& key : before.keys) note(&key, after.find(key.name), key.name);
  for (const Key& key : after.keys) {
    if (before.find(key.name) == nullptr) note(nullptr, &key, key.name);
  }
}

void put_whole(const Record& record, Difference::Kind kind, std::vector<Difference>& found) {
  const bool is_added = kind == Difference::Kind::kAdded;
  if (record.keys.empty()) found.push_back({kind, record.name, "", "", ""});
  for (const Key& key : record.keys) {
    found.push_back({kind, record.name, key.name, is_added ? "" : key.shown, is_added ? key.shown : ""});
  }
}

/// Order decides between rules, and which listener or port is the first.
bool has_order(const Record& record) noexcept {
  return record.section != nullptr && record.section->form == SectionForm::kTables &&
         record.section->path.find('.') == std::string_view::npos && record.section->path != "pool";
}

/// Records of one list whose neighbours changed places: the order of those that both texts have.
void note_moves(const std::vector<Record>& before, const std::vector<Record>& after,
                const std::map<std::string, const Record*>& old_by_name,
                const std::map<std::string, const Record*>& new_by_name, std::vector<Difference>& found) {
  std::map<std::string_view, std::vector<const Record*>> kept;
  for (const Record& record : before) {
    if (has_order(record) && new_by_name.contains(record.name)) kept[record.section->path].push_back(&record);
  }
  std::map<std::string_view, std::size_t> next;
  for (const Record& record : after) {
    if (!has_order(record) || !old_by_name.contains(record.name)) continue;
    const auto& list = kept[record.section->path];
    const std::size_t at = next[record.section->path]++;
    if (at < list.size() && list[at]->name != record.name) {
      found.push_back({Difference::Kind::kMoved, record.name, "", "", ""});
    }
  }
}

std::map<std::string, const Record*> by_name(const std::vector<Record>& records) {
  std::map<std::string, const Record*> index;
  for (const Record& record : records) index.emplace(record.name, &record);
  return index;
}

}  // namespace

std::vector<Entry> entries_of(std::string_view text, bool with_defaults) {
  std::vector<Entry> entries;
  for (const Record& record : records_of(text)) {
    for (const Key& key : record.keys) entries.push_back({record.name, key.name, key.shown, false});
    if (!with_defaults || record.section == nullptr) continue;
    for (const KeyInfo& info : all_keys()) {
      const bool is_absent = info.section == record.section->id && record.find(info.key) == nullptr;
      if (!is_absent || info.default_text.starts_with("required") ||
          find_section(fmt::format("{}.{}", record.section->path, info.key)) != nullptr)
        continue;
      entries.push_back({record.name, std::string(info.key), std::string(info.default_text), true});
    }
  }
  return entries;
}

std::string_view difference_name(Difference::Kind kind) noexcept {
  switch (kind) {
    case Difference::Kind::kAdded:
      return "added";
    case Difference::Kind::kRemoved:
      return "removed";
    case Difference::Kind::kChanged:
      return "changed";
    case Difference::Kind::kMoved:
      return "moved";
  }
  return "";
}

std::vector<Difference> differences(std::string_view before, std::string_view after) {
  const auto old_records = records_of(before);
  const auto new_records = records_of(after);
  const auto old_by_name = by_name(old_records);
  const auto new_by_name = by_name(new_records);
  std::vector<Difference> found;
  for (const Record& record : old_records) {
    const auto other = new_by_name.find(record.name);
    if (other == new_by_name.end()) {
      put_whole(record, Difference::Kind::kRemoved, found);
    } else {
      compare(record, *other->second, found);
    }
  }
  for (const Record& record : new_records) {
    if (!old_by_name.contains(record.name)) put_whole(record, Difference::Kind::kAdded, found);
  }
  note_moves(old_records, new_records, old_by_name, new_by_name, found);
  return found;
}

std::string describe(const Difference& difference) {
  const auto or_none = [](const std::string& text) { return text.empty() ? std::string("(none)") : text; };
  if (difference.key.empty()) return fmt::format("{} {}", difference.record, difference_name(difference.kind));
  return fmt::format("{} {}: {} -> {}", difference.record, difference.key, or_none(difference.before),
                     or_none(difference.after));
}

}  // namespace dialplane::config
