// SPDX-License-Identifier: Apache-2.0
// Values of Replaces, Join and Target-Dialog. Any thread; no allocation; zero copy.
#include "dialplane/sip/dialog_id.hpp"

#include "chars.hpp"

#include "dialplane/base/text.hpp"

namespace dialplane::sip {
namespace {

struct TagNames {
  std::string_view local;
  std::string_view remote;
};

TagNames tag_names(HeaderId header) noexcept {
  if (header == HeaderId::kReplaces || header == HeaderId::kJoin) return {"to-tag", "from-tag"};
  if (header == HeaderId::kTargetDialog) return {"local-tag", "remote-tag"};
  return {};
}

/// One past the callid at the start of `value`; 0 if there is none.
std::size_t call_id_end(std::string_view value) noexcept {
  const auto at = skip_class(value, 0, kWordChar);
  if (at == 0 || at == value.size() || value[at] != '@') return at;
  const auto end = skip_class(value, at + 1, kWordChar);
  return end == at + 1 ? 0 : end;
}

/// Takes a tag that has not been given before.
bool take_tag(const Parameter& parameter, std::string_view& tag) noexcept {
  if (!tag.empty() || parameter.quoted || !is_token(parameter.value)) return false;
  tag = parameter.value;
  return true;
}

}  // namespace

std::optional<DialogIdView> parse_dialog_id(HeaderId header, std::string_view value) noexcept {
  const auto names = tag_names(header);
  const auto end = call_id_end(value);
  if (names.local.empty() || end == 0) return std::nullopt;
  DialogIdView dialog;
  dialog.call_id = cut(value, 0, end);

  ParameterCursor cursor(value, end);
  Parameter parameter;
  auto step = cursor.next(parameter);
  for (; step == ParameterCursor::Step::kParameter; step = cursor.next(parameter)) {
    if (iequals(parameter.name, names.local)) {
      if (!take_tag(parameter, dialog.local_tag)) return std::nullopt;
    } else if (iequals(parameter.name, names.remote)) {
      if (!take_tag(parameter, dialog.remote_tag)) return std::nullopt;
    } else if (header == HeaderId::kReplaces && iequals(parameter.name, "early-only")) {
      dialog.early_only = true;
    }
  }
  const bool whole = step == ParameterCursor::Step::kEnd && skip_lws(value, cursor.at()) == value.size();
  if (!whole || dialog.local_tag.empty() || dialog.remote_tag.empty()) return std::nullopt;
  return dialog;
}

std::optional<DialogIdView> find_dialog_id(const Message& message, HeaderId header) noexcept {
  const auto* row = message.find(header);
  if (row == nullptr || message.next(*row) != nullptr) return std::nullopt;
  return parse_dialog_id(header, message.value(*row));
}

std::optional<DialogIdView> find_named_dialog(const Message& message) noexcept {
  for (const auto header : {HeaderId::kReplaces, HeaderId::kJoin, HeaderId::kTargetDialog}) {
    if ((message.present >> static_cast<unsigned>(header) & 1) == 0) continue;
    if (const auto named = find_dialog_id(message, header)) return named;
  }
  return std::nullopt;
}

}  // namespace dialplane::sip
