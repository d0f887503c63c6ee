// SPDX-License-Identifier: Apache-2.0
// The rendering half of a corpus: one step per message, by profile. Cold; one thread.
#pragma once

#include "corpus.hpp"
#include "message.hpp"
#include "prng.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace dialplane::gen {

class CorpusBuilder {
 public:
  explicit CorpusBuilder(const CorpusOptions& options) : options_(options), random_(options.seed) {}
  Result<Corpus> build();

 private:
  [[nodiscard]] Result<void> check() const;
  Endpoint pick_client();
  MessageSpec pick_mixed();
  MessageSpec make_spec(std::uint32_t index);
  void add_message(std::uint32_t index);
  void add_damaged(std::uint32_t index);
  /// Ethernet, IPv4 and UDP round `text`, with its checksums.
  std::vector<std::uint8_t> wrap(const std::string& text, const Endpoint& client);
  /// Appends the frame to the corpus; slot offsets count from the frame's first byte.
  void add_frame(std::vector<std::uint8_t> frame, const std::vector<Slot>& slots, bool is_fragment);

  const CorpusOptions& options_;
  Prng random_;
  Corpus corpus_;
  std::uint16_t ip_id_ = 1;
};

}  // namespace dialplane::gen
