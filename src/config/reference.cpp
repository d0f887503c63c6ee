// SPDX-License-Identifier: Apache-2.0
// The reference page of the configuration, made from the key list. Any thread; cold code.
#include "keys.hpp"

#include "dialplane/config/loader.hpp"

#include <fmt/core.h>

namespace dialplane::config {
namespace {

constexpr std::string_view kHead = R"(# Configuration reference

<!-- Generated from src/config/keys.def by `dialplane --print-reference`; do not edit. -->

The configuration is one TOML file, `/etc/dialplane/dialplane.toml` unless `-c FILE` says otherwise.
`dialplane --check -c FILE` reads it and reports every mistake at once, each with file, line, column and what to do.
An unknown key is a mistake. IPv6 addresses may stand wherever IPv4 ones do, except in `metrics` and `names`.
`conf/dialplane.toml` is an annotated example.

The column *reload* says whether `dialplanectl reload` takes a change over; the others need a restart.
)";

std::string in_code(std::string_view text) { return text.empty() ? std::string() : fmt::format("`{}`", text); }

/// Defaults that are values are shown as code, those that are prose are not.
std::string default_cell(const KeyInfo& key) {
  const std::string_view text = key.default_text;
  const bool is_value = text.starts_with('"') || text.starts_with('[') || text.starts_with('/') || text == "true" ||
                        text == "false" || (text.front() >= '0' && text.front() <= '9');
  if (key.required()) return "**required**";
  return is_value ? in_code(text) : std::string(text);
}

/// A choice shows its values, an integer its bounds.
std::string type_cell(const KeyInfo& key) {
  if (key.range.empty()) return std::string(type_label(key.type));
  const bool is_choice = key.type == KeyType::kChoice || key.type == KeyType::kOutbound || key.type == KeyType::kAction;
  const bool is_choice_or_table = key.type == KeyType::kPlacementKey;
  if (!is_choice && !is_choice_or_table) {
    return fmt::format("{}, {}", type_label(key.type), key.range);
  }
  std::string cell;
  for (const std::string_view value : choices(key)) cell += fmt::format("{}`\"{}\"`", cell.empty() ? "" : ", ", value);
  if (is_choice_or_table) cell += ", table";
  return cell;
}

}  // namespace

std::string reference_markdown() {
  std::string page(kHead);
  for (const SectionInfo& section : all_sections()) {
    const bool is_table = section.form == SectionForm::kTable;
    page +=
        fmt::format("\n## {}{}{}\n\n{}\n\n", is_table ? "[" : "[[", section.path, is_table ? "]" : "]]", section.intro);
    page += "| key | type | default | reload | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const KeyInfo& key : all_keys()) {
      if (key.section != section.id) continue;
      page += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.key, type_cell(key), default_cell(key),
                          key.reloadable == Reloadable::kYes ? "yes" : "no", key.help);
    }
  }
  return page;
}

}  // namespace dialplane::config
