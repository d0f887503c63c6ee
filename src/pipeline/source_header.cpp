// SPDX-License-Identifier: Apache-2.0
// The header that tells backends where a client's packet came from. Runs on workers; owns nothing.
#include "stages.hpp"

#include "dialplane/base/text.hpp"

#include <array>

namespace dialplane::pipeline {

bool edit_source_header(Stage stage) noexcept {
  auto& [packet, work, context, snapshot] = stage;
  const std::string_view name = work.listener->source_header;
  if (name.empty() || work.direction == Direction::kFromInside) return true;
  auto& edits = context.edits;
  const auto& message = work.message;
  // What a client wrote there would be believed.
  bool ok = true;
  for (std::size_t i = 0; ok && i < message.row_count; ++i) {
    const auto& row = message.rows[i];
    if (row.id != sip::HeaderId::kOther || !iequals(cut(message.text, row.offset, row.name_length), name)) continue;
    ok = edits.erase(row.offset, static_cast<std::size_t>(row.end - row.offset));
  }
  std::array<char, 60> value{':', ' '};
  auto length = 2 + packet.frame.source.write(value.data() + 2);
  value[length++] = '\r';
  value[length++] = '\n';
  return ok && edits.insert(message.headers_offset, name) &&
         edits.insert(message.headers_offset, {value.data(), length});
}

}  // namespace dialplane::pipeline
