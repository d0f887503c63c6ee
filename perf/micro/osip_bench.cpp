// SPDX-License-Identifier: Apache-2.0
// libosip2 on the same messages: the whole message is parsed, as it always does. Once with the allocator it comes with,
// once with the cheapest there can be, so that a ratio is not one of allocators.
#include "benches.hpp"
#include "loop.hpp"

#include "dialplane/base/siphash.hpp"

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace dialplane::micro {
namespace {

/// Gives out memory from front to back and takes it back all at once, after each message.
class Arena {
 public:
  void* allocate(std::size_t bytes) noexcept {
    constexpr std::size_t kAlign = 16;
    const auto whole = (bytes + 2 * kAlign - 1) / kAlign * kAlign;
    if (used_ + whole > room_.size()) std::abort();
    auto* const block = room_.data() + used_;
    std::memcpy(block, &bytes, sizeof bytes);
    used_ += whole;
    return block + kAlign;
  }
  static std::size_t size_of(const void* block) noexcept {
    std::size_t bytes = 0;
    std::memcpy(&bytes, static_cast<const std::byte*>(block) - 16, sizeof bytes);
    return bytes;
  }
  void reset() noexcept { used_ = 0; }

 private:
  alignas(64) std::array<std::byte, std::size_t{256} << 10> room_;
  std::size_t used_ = 0;
};

Arena& arena() {
  static Arena arena;
  return arena;
}

void* arena_allocate(std::size_t bytes) { return arena().allocate(bytes); }
void arena_free(void* /*block*/) {}
void* arena_reallocate(void* block, std::size_t bytes) {
  auto* const grown = arena().allocate(bytes);
  if (block != nullptr) std::memcpy(grown, block, std::min(bytes, Arena::size_of(block)));
  return grown;
}

std::uint64_t parse(std::string_view text) {
  osip_message_t* message = nullptr;
  if (osip_message_init(&message) != OSIP_SUCCESS) return 0;
  std::uint64_t hash = 0;
  if (osip_message_parse(message, text.data(), text.size()) == OSIP_SUCCESS && message->call_id != nullptr) {
    const char* const number = osip_call_id_get_number(message->call_id);
    hash = number == nullptr ? 0 : SipHash13({1, 2}).text(number).digest();
  }
  osip_message_free(message);
  return hash;
}

std::uint64_t parse_malloc(std::string_view text) {
  osip_set_allocators(nullptr, nullptr, nullptr);
  return parse(text);
}

std::uint64_t parse_arena(std::string_view text) {
  osip_set_allocators(arena_allocate, arena_reallocate, arena_free);
  const auto hash = parse(text);
  arena().reset();
  return hash;
}

}  // namespace

void register_osip() {
  // Its tables must outlive every message, so they come from malloc.
  parser_init();
  register_bench("osip", kWarmCorpora, parse_malloc);
  register_bench("osip_arena", kWarmCorpora, parse_arena);
}

}  // namespace dialplane::micro
