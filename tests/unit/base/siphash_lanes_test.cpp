// SPDX-License-Identifier: Apache-2.0
// Strings hashed side by side against the hash of each by itself, with every kernel. Test thread.
#include "dialplane/base/siphash_lanes.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace dialplane {
namespace {

template <class Pair>
class SipHashLanesTest : public testing::Test {
 protected:
  static constexpr int kC = Pair::kC;
  static constexpr int kD = Pair::kD;

  static void each_kernel(void (*check)(LanesKernel)) {
    for (const auto level : {SimdLevel::kFloor, SimdLevel::kAvx2, SimdLevel::kAvx512}) {
      if (!simd_available(level)) continue;
      SCOPED_TRACE(static_cast<int>(level));
      check(lanes_kernel<kC, kD>(level));
    }
  }
};

struct Steering {
  static constexpr int kC = 1;
  static constexpr int kD = 3;
};
struct Tokens {
  static constexpr int kC = 2;
  static constexpr int kD = 4;
};
using Rounds = testing::Types<Steering, Tokens>;
TYPED_TEST_SUITE(SipHashLanesTest, Rounds);

std::string random_text(std::mt19937_64& random, std::size_t length) {
  std::string text(length, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

TYPED_TEST(SipHashLanesTest, GivesTheDigestOfEveryString) {
  using One = SipHasher<TypeParam::kC, TypeParam::kD>;
  using Many = SipHashLanes<TypeParam::kC, TypeParam::kD>;
  TestFixture::each_kernel([](LanesKernel kernel) {
    std::mt19937_64 random(11);
    Many lanes(kernel);
    // Full and part-filled groups, lengths from nothing to more than a lane holds.
    for (std::size_t strings = 1; strings <= 40; ++strings) {
      std::vector<std::string> texts;
      std::vector<SipKey> keys;
      std::vector<std::uint64_t> digests(strings);
      for (std::size_t i = 0; i < strings; ++i) {
        texts.push_back(random_text(random, random() % (i % 5 == 0 ? 700 : 60)));
        keys.push_back({random(), random()});
        lanes.open(keys[i], digests[i]);
        lanes.close_text(texts[i]);
      }
      lanes.run();
      for (std::size_t i = 0; i < strings; ++i) ASSERT_EQ(digests[i], One::of(keys[i], texts[i])) << texts[i].size();
    }
  });
}

TYPED_TEST(SipHashLanesTest, PadsTextsToWholeWords) {
  using One = SipHasher<TypeParam::kC, TypeParam::kD>;
  using Many = SipHashLanes<TypeParam::kC, TypeParam::kD>;
  TestFixture::each_kernel([](LanesKernel kernel) {
    constexpr SipKey kKey{1, 2};
    Many lanes(kernel);
    for (std::size_t length = 0; length < 300; ++length) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i) text += static_cast<char>("aZ@[9\xc3"[i % 6]);
      std::uint64_t plain = 0;
      std::uint64_t folded = 0;
      lanes.open(kKey, plain);
      lanes.padded(text);
      lanes.close(0x030201, 3);
      lanes.open(kKey, folded);
      lanes.padded_folded(text);
      lanes.close(0, 0);
      lanes.run();
      auto bytes = text + std::string((8 - length % 8) % 8, '\0');
      EXPECT_EQ(plain, One(kKey).text(bytes).text("\x01\x02\x03").digest()) << length;
      for (auto& c : bytes) c = ascii_lower(c);
      EXPECT_EQ(folded, One::of(kKey, bytes)) << length;
    }
  });
}

}  // namespace
}  // namespace dialplane
