// SPDX-License-Identifier: Apache-2.0
// Proxies with one mistake each, to show that the properties notice it. Test thread.
#pragma once

#include "proxy.hpp"

#include <string_view>
#include <vector>

namespace dialplane::test {

/// A mistake as a change to what the real proxy sends.
struct Mutant {
  std::string_view name;
  /// Changes `out` as a proxy with this mistake would have sent it.
  void (*apply)(const Datagram& in, Datagram& out);
};

/// The real proxy with one mistake.
class FaultyProxy : public Proxy {
 public:
  explicit FaultyProxy(const Mutant& mutant) : mutant_(mutant) {}
  std::optional<Datagram> forward(const Datagram& in) override {
    auto out = real_.forward(in);
    if (out) mutant_.apply(in, *out);
    return out;
  }

 private:
  const Mutant& mutant_;
  RealProxy real_;
};

/// Mistakes that break P1, P2, P3 and N3, and one change that is no mistake: another digest over the right inputs of
/// the branch.
extern const Mutant kHonestBranch;
extern const std::vector<Mutant> kMutantsOfP1;
extern const std::vector<Mutant> kMutantsOfP2;
extern const std::vector<Mutant> kMutantsOfP3;
extern const std::vector<Mutant> kMutantsOfN3;

}  // namespace dialplane::test
