// SPDX-License-Identifier: Apache-2.0
// Changes of backends. The tree says what the result must mean; the lines of the text are changed to say it if they
// can, else the whole text is written anew. Any thread; cold code.
#include "dialplane/config/edit.hpp"

#include "text_layout.hpp"
#include "toml_reader.hpp"
#include "toml_writer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

namespace dialplane::config {
namespace {

bool is_named(const Value& table, std::string_view name) noexcept {
  const Value* found = table.find("name");
  return found != nullptr && found->kind == Value::Kind::kText && found->text == name;
}

Value* named(Value* list, std::string_view name) noexcept {
  if (list == nullptr) return nullptr;
  const auto found = std::ranges::find_if(list->items, [&](const Value& item) { return is_named(item, name); });
  return found == list->items.end() ? nullptr : &*found;
}

Value* member(Value& table, std::string_view key) noexcept {
  const auto found = std::ranges::find(table.members, key, &Value::Member::key);
  return found == table.members.end() ? nullptr : &found->value;
}

Value* find_pool(Value& root, std::string_view pool) noexcept { return named(member(root, "pool"), pool); }

Value* find_backend(Value& root, std::string_view pool, std::string_view name) noexcept {
  Value* found = find_pool(root, pool);
  return found == nullptr ? nullptr : named(member(*found, "backend"), name);
}

/// The value that a TOML text stands for. Precondition: it is one.
Value parse_value(std::string_view text) {
  auto parsed = parse_toml(fmt::format("value = {}", text));
  return parsed ? std::move(parsed->members.front().value) : Value{};
}

void set_member(Value& table, std::string_view key, std::string_view text) {
  if (Value* old = member(table, key)) {
    *old = parse_value(text);
  } else {
    table.members.push_back({std::string(key), {}, parse_value(text)});
  }
}

Result<Value> parse(std::string_view text) {
  auto root = parse_toml(text);
  if (!root) return fail(root.error().text);
  return std::move(*root);
}

tl::unexpected<Error> no_backend(std::string_view pool, std::string_view name) {
  return fail(fmt::format("no backend `{}/{}`; `show backends` lists them as POOL/NAME", pool, name));
}

/// The text with its lines changed, if it then means `wanted`; else `wanted` written anew, without comments.
std::string settle(std::string_view text, const Value& root, const Value& wanted,
                   const std::function<void(TextLayout&)>& change) {
  TextLayout layout(text, root);
  change(layout);
  std::string proposal = layout.text();
  const auto meaning = parse_toml(proposal);
  if (meaning && is_same_value(*meaning, wanted)) return proposal;
  return document_text(wanted);
}

}  // namespace

std::string toml_string(std::string_view text) { return quoted(text); }

Result<std::string> add_backend(std::string_view text, std::string_view pool, std::string_view name,
                                const Members& members) {
  const auto root = parse(text);
  if (!root) return tl::unexpected(root.error());
  Value wanted = *root;
  Value* found = find_pool(wanted, pool);
  if (found == nullptr) return fail(fmt::format("no pool `{}`; `show pools` lists them", pool));
  if (find_backend(wanted, pool, name) != nullptr) {
    return fail(fmt::format("backend `{}/{}` exists; choose another name, or change it by `backend set`", pool, name));
  }
  Value backend;
  backend.kind = Value::Kind::kTable;
  std::vector<std::string> lines{"[[pool.backend]]"};
  set_member(backend, "name", quoted(name));
  lines.push_back(fmt::format("name = {}", quoted(name)));
  for (const auto& [key, value] : members) {
    set_member(backend, key, value);
    lines.push_back(fmt::format("{} = {}", key, value));
  }
  Value* list = member(*found, "backend");
  if (list == nullptr) return fail(fmt::format("pool `{}` has no backend to begin with; add it in the file", pool));
  const Value last = list->items.empty() ? Value{} : list->items.back();
  list->items.push_back(std::move(backend));
  return settle(text, *root, wanted, [&](TextLayout& layout) {
    if (layout.has_header(last)) layout.append_after(last, lines);
  });
}

Result<std::string> remove_backend(std::string_view text, std::string_view pool, std::string_view name) {
  auto root = parse(text);
  if (!root) return tl::unexpected(root.error());
  Value wanted = *root;
  const Value* table = find_backend(*root, pool, name);
  if (table == nullptr) return no_backend(pool, name);
  Value& list = *member(*find_pool(wanted, pool), "backend");
  std::erase_if(list.items, [&](const Value& item) { return is_named(item, name); });
  return settle(text, *root, wanted, [&](TextLayout& layout) {
    if (layout.has_header(*table)) layout.remove(*table);
  });
}

Result<std::string> set_backend_key(std::string_view text, std::string_view pool, std::string_view name,
                                    std::string_view key, std::string_view value) {
  auto root = parse(text);
  if (!root) return tl::unexpected(root.error());
  Value wanted = *root;
  const Value* table = find_backend(*root, pool, name);
  if (table == nullptr) return no_backend(pool, name);
  set_member(*find_backend(wanted, pool, name), key, value);
  return settle(text, *root, wanted, [&](TextLayout& layout) { layout.set(*table, key, value); });
}

}  // namespace dialplane::config
