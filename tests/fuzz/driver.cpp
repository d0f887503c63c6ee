// SPDX-License-Identifier: Apache-2.0
// The libFuzzer side of one target, which DP_FUZZ_TARGET names: entry point, mutator and the end at a broken rule. One
// thread.
#include "mutator.hpp"
#include "sip_mutator.hpp"
#include "target.hpp"

#include <cstdio>
#include <cstdlib>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace dialplane::fuzz {

void broken(const char* rule, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken rule: %s\n", file, line, rule);
  std::abort();
}

}  // namespace dialplane::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const dialplane::fuzz::ExactText input({std::string_view(reinterpret_cast<const char*>(data), size)});
  dialplane::fuzz::DP_FUZZ_TARGET(input.view());
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  // Two of four steps know SIP; the others find what nobody thought of.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string changed;
  if (seed % 4 == 0) changed = dialplane::fuzz::grow(text, seed / 4);
  if (seed % 4 == 1) changed = dialplane::test::SipMutator(seed).mutate(text);
  if (changed.empty() || changed.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  return changed.copy(reinterpret_cast<char*>(data), changed.size());
}
