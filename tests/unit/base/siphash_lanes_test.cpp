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
        lanes.open(keys[i], digests[i]).close_text(texts[i]);
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
      auto string = lanes.open(kKey, plain);
      string.padded(text);
      string.close(0x030201, 3);
      auto other = lanes.open(kKey, folded);
      other.padded_folded(text);
      other.close(0, 0);
      lanes.run();
      auto bytes = text + std::string((8 - length % 8) % 8, '\0');
      EXPECT_EQ(plain, One(kKey).text(bytes).text("\x01\x02\x03").digest()) << length;
      for (auto& c : bytes) c = ascii_lower(c);
      EXPECT_EQ(folded, One::of(kKey, bytes)) << length;
    }
  });
}

TYPED_TEST(SipHashLanesTest, GivesBothDigestsOfATextUnderTwoKeys) {
  using One = SipHasher<TypeParam::kC, TypeParam::kD>;
  using Many = SipHashLanes<TypeParam::kC, TypeParam::kD>;
  TestFixture::each_kernel([](LanesKernel kernel) {
    std::mt19937_64 random(12);
    Many lanes(kernel);
    for (std::size_t length = 0; length < 400; ++length) {
      const SipKey key{random(), random()};
      const SipKey other{random(), random()};
      const auto text = random_text(random, length);
      const auto single = random_text(random, length % 90);
      std::uint64_t digest = 0;
      std::uint64_t other_digest = 0;
      std::uint64_t single_digest = 0;
      std::uint64_t again = 0;
      lanes.twins(text, key, digest, other, other_digest);
      if (length % 2 == 0) lanes.open(other, single_digest).close_text(single);
      lanes.twins(single, other, single_digest, key, again);
      lanes.run();
      ASSERT_EQ(digest, One::of(key, text)) << length;
      ASSERT_EQ(other_digest, One::of(other, text)) << length;
      ASSERT_EQ(single_digest, One::of(other, single)) << length;
      ASSERT_EQ(again, One::of(key, single)) << length;
    }
  });
}

TYPED_TEST(SipHashLanesTest, TakesTextsAndWordsByTurns) {
  using One = SipHasher<TypeParam::kC, TypeParam::kD>;
  using Many = SipHashLanes<TypeParam::kC, TypeParam::kD>;
  TestFixture::each_kernel([](LanesKernel kernel) {
    std::mt19937_64 random(13);
    Many lanes(kernel);
    for (int round = 0; round < 2000; ++round) {
      const SipKey key{random(), random()};
      std::uint64_t digest = 0;
      std::string bytes;
      auto string = lanes.open(key, digest);
      for (auto parts = random() % 5; parts > 0; --parts) {
        for (auto words = random() % (Many::kMostWords - 1); words > 0; --words) {
          const auto word = random();
          string.word(word);
          bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
        }
        const auto text = random_text(random, random() % (round % 3 == 0 ? 300 : 40));
        string.padded(text);
        bytes += text + std::string((8 - text.size() % 8) % 8, '\0');
      }
      string.close(0x07060504030201, 7);
      lanes.run();
      ASSERT_EQ(digest, One(key).text(bytes).text("\x01\x02\x03\x04\x05\x06\x07").digest()) << bytes.size();
    }
  });
}

}  // namespace
}  // namespace dialplane
