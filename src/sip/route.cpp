// SPDX-License-Identifier: Apache-2.0
// Walks Route values in order, across rows and commas. Any thread; no allocation.
#include "chars.hpp"
#include "kernels.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/fields.hpp"

namespace dialplane::sip {

RouteCursor::RouteCursor(const Message& message, HeaderId id) noexcept : message_(&message), row_(message.find(id)) {
  if (row_ != nullptr) at_ = row_->value_offset;
}

RouteCursor::RouteCursor(const Message& message, const RouteView& route) noexcept
    : message_(&message), row_(&message.rows[route.row]), at_(route.next) {
  if (route.next != 0) return;
  row_ = message.next(*row_);
  if (row_ != nullptr) at_ = row_->value_offset;
}

RouteCursor::Step RouteCursor::next(RouteView& route) noexcept {
  if (row_ == nullptr) return Step::kEnd;
  if (at_ == row_->value_offset) {
    route.uri = UriView{};
    if (route_row(*message_, *row_, route.uri)) {
      route.row = static_cast<std::uint16_t>(row_ - message_->rows.data());
      route.begin = row_->value_offset;
      route.end = row_->value_end;
      return take_row(route);
    }
  }
  const auto text = cut(message_->text, 0, row_->value_end);
  const auto value = parse_name_addr(cut(text, at_));
  if (!value || !value->bracketed) return Step::kMalformed;
  const auto uri = parse_uri(value->uri);
  if (!uri) return Step::kMalformed;

  const auto comma = at_ + value->end;
  const auto next_value = skip_lws(text, comma + 1);
  route.row = static_cast<std::uint16_t>(row_ - message_->rows.data());
  route.begin = at_;
  route.end = static_cast<std::uint16_t>(trim_lws(text, at_, comma));
  route.uri = *uri;
  if (comma < text.size()) {
    if (next_value >= text.size()) return Step::kMalformed;
    at_ = static_cast<std::uint16_t>(next_value);
    route.next = at_;
    return Step::kValue;
  }
  return take_row(route);
}

RouteCursor::Step RouteCursor::take_row(RouteView& route) noexcept {
  route.next = 0;
  row_ = message_->next(*row_);
  if (row_ != nullptr) at_ = row_->value_offset;
  return Step::kValue;
}

}  // namespace dialplane::sip
