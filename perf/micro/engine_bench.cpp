// SPDX-License-Identifier: Apache-2.0
// The engine as the pipeline calls it, with each kernel: the scan alone, with the hash that steers, and with the
// judgement of validate().
#include "benches.hpp"
#include "loop.hpp"

#include "dialplane/base/siphash.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/keys.hpp"
#include "dialplane/sip/scanner.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace dialplane::micro {
namespace {

const SipKey& call_id_key() {
  static const auto keys = [] {
    sip::Secret placement{};
    placement.fill(0x5a);
    const std::array<sip::Secret, 1> tokens{placement};
    return sip::Keyring::derive(placement, tokens);
  }();
  return keys.call_id;
}

/// One for all messages, as a worker has.
sip::Message& message() {
  static sip::Message message;
  return message;
}

std::uint64_t steering_hash(std::string_view call_id) noexcept {
  static const SipKey key = call_id_key();
  return SipHash13::of(key, call_id);
}

std::uint64_t scan_index(std::string_view text) {
  auto& index = message();
  return sip::scan(text, index) == sip::Fault::kNone ? index.row_count : 0;
}

std::uint64_t scan_hash(std::string_view text) {
  auto& index = message();
  const auto fault = sip::scan(text, index);
  const auto* row = index.find(sip::HeaderId::kCallId);
  if (fault != sip::Fault::kNone || row == nullptr) return 0;
  return steering_hash(index.value(*row)) + static_cast<std::uint64_t>(index.method);
}

std::uint64_t scan_validate_hash(std::string_view text) {
  static sip::Facts facts;
  auto& index = message();
  if (sip::scan(text, index) != sip::Fault::kNone || sip::validate(index, facts) != sip::Fault::kNone) return 0;
  return steering_hash(facts.call_id) + static_cast<std::uint64_t>(index.method);
}

}  // namespace

void register_engine() {
  const bool only_one = std::getenv(sip::kKernelVariable) != nullptr;
  for (std::size_t i = 0; i < sip::kKernelCount; ++i) {
    const auto kernel = static_cast<sip::Kernel>(i);
    if (only_one ? kernel != sip::active_kernel() : !sip::kernel_available(kernel)) continue;
    const auto select = [kernel] { benchmark::DoNotOptimize(sip::select_kernel(kernel)); };
    const auto suffix = ":" + std::string(sip::kernel_name(kernel));
    register_bench("scan_index" + suffix, kEveryCorpus, scan_index, select);
    register_bench("scan_index" + suffix, kPartCorpora, scan_index, select);
    register_bench("scan_hash" + suffix, kEveryCorpus, scan_hash, select);
    register_bench("scan_validate_hash" + suffix, kEveryCorpus, scan_validate_hash, select);
  }
}

}  // namespace dialplane::micro
