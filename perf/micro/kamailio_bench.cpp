// SPDX-License-Identifier: Apache-2.0
// Kamailio's parser on the same messages, from the shared object that perf/micro/kamailio_parser builds: up to the
// Call-ID, as its dispatcher needs, and to the last header. Left out where the object is not given.
#include "benches.hpp"
#include "loop.hpp"

#include "dialplane/base/siphash.hpp"
#include "dialplane/sip/scanner.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace dialplane::micro {
namespace {

using Start = int();
using FindCallId = int(const char*, unsigned, const char**, unsigned*);
using ReadAll = int(const char*, unsigned);

template <typename Function>
Function* find(void* library, const char* name) {
  auto* const found = dlsym(library, name);
  if (found == nullptr) throw std::runtime_error(std::string("no ") + name + " in the parser of Kamailio");
  return reinterpret_cast<Function*>(found);
}

/// The lazy parser must have found what our engine finds, or the two do not do the same work.
void compare_call_ids(FindCallId* find_call_id) {
  static sip::Message message;
  const auto& corpus = shared_corpus(CorpusKind::kHot);
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    const char* call_id = nullptr;
    unsigned length = 0;
    const auto text = corpus[i];
    static_cast<void>(sip::scan(text, message));
    const bool found = find_call_id(text.data(), static_cast<unsigned>(text.size()), &call_id, &length) == 0;
    if (!found || message.value(*message.find(sip::HeaderId::kCallId)) != std::string_view(call_id, length))
      throw std::runtime_error("Kamailio reads another Call-ID in\n" + std::string(text));
  }
}

}  // namespace

void register_kamailio() {
  const char* const path = std::getenv("DIALPLANE_KAMAILIO_PARSER");
  if (path == nullptr || *path == 0) return;
  auto* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  if (find<Start>(library, "dialplane_kamailio_start")() != 0) throw std::runtime_error("Kamailio has no memory");
  auto* const find_call_id = find<FindCallId>(library, "dialplane_kamailio_call_id");
  auto* const read_all = find<ReadAll>(library, "dialplane_kamailio_all");
  compare_call_ids(find_call_id);
  // Kamailio wants a zero behind the message; the packet's tail room is made of them.
  register_bench("kamailio_call_id", kWarmCorpora, [find_call_id](std::string_view text) -> std::uint64_t {
    const char* call_id = nullptr;
    unsigned length = 0;
    if (find_call_id(text.data(), static_cast<unsigned>(text.size()), &call_id, &length) != 0) return 0;
    return SipHash13({1, 2}).text({call_id, length}).digest();
  });
  register_bench("kamailio_all", kWarmCorpora, [read_all](std::string_view text) -> std::uint64_t {
    const int rows = read_all(text.data(), static_cast<unsigned>(text.size()));
    return rows < 0 ? 0 : static_cast<std::uint64_t>(rows);
  });
}

}  // namespace dialplane::micro
