// SPDX-License-Identifier: Apache-2.0
// Key, type and range checks, all from the key list. Build or control thread.
#include "section_reader.hpp"

#include "dialplane/base/duration.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace dialplane::config {
namespace {

bool takes_lone_text(KeyType type) noexcept { return type == KeyType::kTextOrList; }

/// What the user should have written, for a value of the wrong kind.
std::string expectation(const KeyInfo& info) {
  switch (info.type) {
    case KeyType::kChoice:
      return fmt::format("give a string, one of: {}", info.range);
    case KeyType::kInteger:
      return fmt::format("give an integer without quotes, {}", info.range);
    case KeyType::kNumber:
      return fmt::format("give a number without quotes, {}", info.range);
    case KeyType::kDuration:
      return fmt::format("give a duration in quotes like \"500ms\", \"2s\", \"10m\" or \"4h\", {}", info.range);
    case KeyType::kTable:
      return fmt::format("write it as [{}.{}]", section_info(info.section).path, info.key);
    case KeyType::kIntegerList:
      return fmt::format("give a list of integers, {}", info.range);
    case KeyType::kBoolean:
      return "give true or false without quotes";
    case KeyType::kTableList:
      return fmt::format("write it as [[{}.{}]]", section_info(info.section).path, info.key);
    case KeyType::kTextOrList:
      return "give a string or a list of strings";
    case KeyType::kPlacementKey:
      return "give a string, or a table of strings by method";
    case KeyType::kCodeList:
    case KeyType::kProbeSourceList:
    case KeyType::kNameList:
    case KeyType::kHostList:
    case KeyType::kPrefixList:
    case KeyType::kInterfaceAddressList:
    case KeyType::kRouteList:
    case KeyType::kKeyFileList:
      return "give a list of strings";
    default:
      return "give a string in quotes";
  }
}

std::string brackets(const SectionInfo& section) {
  return section.form == SectionForm::kTable ? fmt::format("[{}]", section.path) : fmt::format("[[{}]]", section.path);
}

const SectionInfo* find_top_section(std::string_view name) noexcept {
  for (const SectionInfo& section : all_sections()) {
    if (section.path == name) return &section;
  }
  return nullptr;
}

std::string unknown_section_remedy(std::string_view name) {
  std::vector<std::string_view> names;
  std::string list;
  for (const SectionInfo& section : all_sections()) {
    if (section.path.find('.') != std::string_view::npos) continue;
    names.push_back(section.path);
    list += fmt::format("{}{}", list.empty() ? "" : ", ", brackets(section));
  }
  if (const auto near = nearest(name, names))
    return fmt::format("did you mean {}?", brackets(*find_top_section(*near)));
  for (const KeyInfo& key : all_keys()) {
    if (key.key == name) return fmt::format("it belongs in {}", brackets(section_info(key.section)));
  }
  return fmt::format("the sections are {}", list);
}

}  // namespace

void Problems::add(Location location, std::string text, std::string remedy) {
  problems_.push_back({location, std::move(text), std::move(remedy)});
}

std::vector<Problem> Problems::take() {
  std::ranges::stable_sort(
      problems_, {}, [](const Problem& problem) { return std::pair(problem.location.line, problem.location.column); });
  return std::move(problems_);
}

SectionReader::SectionReader(const Value& table, SectionId section, Problems& problems)
    : table_(table), section_(section), problems_(problems) {
  for (const Value::Member& member : table.members) {
    if (find_key(section, member.key) == nullptr) report_unknown(member);
  }
  for (const KeyInfo& info : all_keys()) {
    if (info.section == section && info.required() && !has(info.key)) {
      problems_.add(table.location, fmt::format("{} lacks `{}`", brackets(section_info(section)), info.key),
                    fmt::format("add it: {}", info.help));
    }
  }
}

void SectionReader::report_unknown(const Value::Member& member) const {
  std::vector<std::string_view> known;
  std::string list;
  const KeyInfo* elsewhere = nullptr;
  for (const KeyInfo& info : all_keys()) {
    if (info.section == section_) {
      known.push_back(info.key);
      list += fmt::format("{}{}", list.empty() ? "" : ", ", info.key);
    } else if (elsewhere == nullptr && info.key == member.key) {
      elsewhere = &info;
    }
  }
  std::string remedy;
  if (const auto near = nearest(member.key, known)) {
    remedy = fmt::format("did you mean `{}`?", *near);
  } else if (elsewhere != nullptr) {
    remedy = fmt::format("it belongs in {}", brackets(section_info(elsewhere->section)));
  } else {
    remedy = fmt::format("the keys are: {}", list);
  }
  problems_.add(member.key_location,
                fmt::format("unknown key `{}` in {}", member.key, brackets(section_info(section_))), remedy);
}

void SectionReader::report_kind(const KeyInfo& info, const Value& value) const {
  problems_.add(value.location, fmt::format("`{}` is {}", info.key, kind_label(value)), expectation(info));
}

std::optional<Located> SectionReader::text(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Value::Kind::kText) return Located{value->text, value->location};
  report_kind(*find_key(section_, key), *value);
  return std::nullopt;
}

std::optional<std::int64_t> SectionReader::integer_in_range(const KeyInfo& info, const Value& value) const {
  if (value.kind != Value::Kind::kInteger) {
    report_kind(info, value);
    return std::nullopt;
  }
  const auto [low, high] = integer_bounds(info);
  if (value.integer >= low && value.integer <= high) return value.integer;
  problems_.add(value.location, fmt::format("`{}` is {}, out of range", info.key, value.integer),
                fmt::format("give {}", info.range));
  return std::nullopt;
}

std::optional<std::int64_t> SectionReader::integer(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return std::nullopt;
  return integer_in_range(*find_key(section_, key), *value);
}

std::optional<double> SectionReader::number(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return std::nullopt;
  const KeyInfo& info = *find_key(section_, key);
  if (value->kind != Value::Kind::kNumber && value->kind != Value::Kind::kInteger) {
    report_kind(info, *value);
    return std::nullopt;
  }
  const double number = value->kind == Value::Kind::kNumber ? value->number : static_cast<double>(value->integer);
  const auto [low, high] = number_bounds(info);
  if (number >= low && number <= high) return number;
  problems_.add(value->location, fmt::format("`{}` is {}, out of range", key, number),
                fmt::format("give {}", info.range));
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> SectionReader::duration(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return std::nullopt;
  const KeyInfo& info = *find_key(section_, key);
  if (value->kind != Value::Kind::kText) {
    report_kind(info, *value);
    return std::nullopt;
  }
  const auto length = parse_duration(value->text);
  if (!length) {
    problems_.add(value->location, fmt::format("\"{}\" is not a duration", value->text), expectation(info));
    return std::nullopt;
  }
  const auto [low, high] = duration_bounds(info);
  if (*length >= low && *length <= high) return length;
  problems_.add(value->location, fmt::format("`{}` is {}, out of range", key, value->text),
                fmt::format("give {}", info.range));
  return std::nullopt;
}

std::optional<bool> SectionReader::boolean(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Value::Kind::kBoolean) return value->boolean;
  report_kind(*find_key(section_, key), *value);
  return std::nullopt;
}

std::vector<Located> SectionReader::texts(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return {};
  const KeyInfo& info = *find_key(section_, key);
  if (value->kind == Value::Kind::kText && takes_lone_text(info.type)) return {{value->text, value->location}};
  if (value->kind != Value::Kind::kList) {
    report_kind(info, *value);
    return {};
  }
  std::vector<Located> result;
  for (const Value& item : value->items) {
    if (item.kind == Value::Kind::kText) {
      result.push_back({item.text, item.location});
    } else {
      problems_.add(item.location, fmt::format("`{}` contains {}", info.key, kind_label(item)), expectation(info));
    }
  }
  return result;
}

std::vector<std::int64_t> SectionReader::integers(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return {};
  const KeyInfo& info = *find_key(section_, key);
  if (value->kind != Value::Kind::kList) {
    report_kind(info, *value);
    return {};
  }
  std::vector<std::int64_t> result;
  for (const Value& item : value->items) {
    if (item.kind != Value::Kind::kInteger) {
      problems_.add(item.location, fmt::format("`{}` contains {}", info.key, kind_label(item)), expectation(info));
    } else if (const auto number = integer_in_range(info, item)) {
      result.push_back(*number);
    }
  }
  return result;
}

void SectionReader::refuse_empty_list(std::string_view key, std::string remedy) const {
  const Value* value = table_.find(key);
  if (value == nullptr || value->kind != Value::Kind::kList || !value->items.empty()) return;
  problems_.add(value->location, fmt::format("`{}` is empty", key), std::move(remedy));
}

const Value* SectionReader::table(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr || value->kind == Value::Kind::kTable) return value;
  report_kind(*find_key(section_, key), *value);
  return nullptr;
}

std::vector<const Value*> SectionReader::tables(std::string_view key) const {
  const Value* value = table_.find(key);
  if (value == nullptr) return {};
  const KeyInfo& info = *find_key(section_, key);
  if (value->kind != Value::Kind::kList) {
    report_kind(info, *value);
    return {};
  }
  std::vector<const Value*> result;
  for (const Value& item : value->items) {
    if (item.kind == Value::Kind::kTable) {
      result.push_back(&item);
    } else {
      problems_.add(item.location, fmt::format("`{}` contains {}", key, kind_label(item)), expectation(info));
    }
  }
  return result;
}

std::optional<std::size_t> SectionReader::choice_position(std::string_view key) const {
  const std::optional<Located> value = text(key);
  if (!value) return std::nullopt;
  const KeyInfo& info = *find_key(section_, key);
  const std::vector<std::string_view> values = choices(info);
  if (const auto found = std::ranges::find(values, value->text); found != values.end()) {
    return static_cast<std::size_t>(found - values.begin());
  }
  std::string remedy = fmt::format("give one of: {}", info.range);
  if (const auto near = nearest(value->text, values)) remedy += fmt::format("; did you mean \"{}\"?", *near);
  problems_.add(value->location, fmt::format("`{}` cannot be \"{}\"", key, value->text), std::move(remedy));
  return std::nullopt;
}

void check_sections(const Value& root, Problems& problems) {
  for (const Value::Member& member : root.members) {
    const SectionInfo* section = find_top_section(member.key);
    if (section == nullptr) {
      problems.add(member.key_location, fmt::format("unknown section or key `{}`", member.key),
                   unknown_section_remedy(member.key));
      continue;
    }
    const bool is_table = member.value.kind == Value::Kind::kTable;
    const bool is_tables =
        member.value.kind == Value::Kind::kList &&
        std::ranges::all_of(member.value.items, [](const Value& v) { return v.kind == Value::Kind::kTable; });
    if (section->form == SectionForm::kTable ? is_table : is_tables) continue;
    problems.add(member.value.location, fmt::format("`{}` is {}", member.key, kind_label(member.value)),
                 fmt::format("write it as {}", brackets(*section)));
  }
}

std::vector<const Value*> section_tables(const Value& root, SectionId section) {
  std::vector<const Value*> result;
  const Value* value = root.find(section_info(section).path);
  if (value == nullptr) return result;
  if (value->kind == Value::Kind::kTable) result.push_back(value);
  for (const Value& item : value->items) {
    if (item.kind == Value::Kind::kTable) result.push_back(&item);
  }
  return result;
}

}  // namespace dialplane::config
