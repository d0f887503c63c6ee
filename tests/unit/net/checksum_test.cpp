// SPDX-License-Identifier: Apache-2.0
// Every kernel of the sum against RFC 1071's own loop, for every length and every alignment. Test thread.
#include "checksum.hpp"

#include "guarded_buffer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>
#include <vector>

namespace dialplane::net {
namespace {

/// RFC 1071 §4.1, in memory order.
std::uint16_t reference(const std::uint8_t* data, std::size_t length) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += std::uint64_t{data[i]} << (i % 2 == 0 ? 0 : 8);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

constexpr std::array kLevels = {SimdLevel::kFloor, SimdLevel::kAvx2, SimdLevel::kAvx512};

TEST(Checksum, EveryKernelAddsWhatTheRfcAdds) {
  std::mt19937_64 random(7);
  std::vector<std::uint8_t> bytes(2200);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  for (const auto level : kLevels) {
    if (!simd_available(level)) continue;
    for (std::size_t offset = 0; offset < 8; ++offset) {
      for (std::size_t length = 0; length <= 2100; length += length < 300 ? 1 : 37) {
        ASSERT_EQ(fold(sum_kernel(level)(bytes.data() + offset, length)), reference(bytes.data() + offset, length))
            << "level " << static_cast<int>(level) << ", offset " << offset << ", length " << length;
      }
    }
  }
}

TEST(Checksum, EveryKernelCarriesBetweenTheHalvesOfItsLanes) {
  const std::vector<std::uint8_t> ones(65535, 0xff);
  for (const auto level : kLevels) {
    if (!simd_available(level)) continue;
    for (const std::size_t length : {64U, 128U, 1472U, 65534U, 65535U}) {
      EXPECT_EQ(fold(sum_kernel(level)(ones.data(), length)), reference(ones.data(), length)) << length;
    }
  }
}

TEST(Checksum, NoKernelReadsPastTheText) {
  for (const auto level : kLevels) {
    if (!simd_available(level)) continue;
    for (std::size_t length = 0; length < 200; ++length) {
      const test::GuardedBuffer buffer(std::vector<std::uint8_t>(length, 0x7f));
      EXPECT_EQ(fold(sum_kernel(level)(buffer.bytes().data(), length)), reference(buffer.bytes().data(), length));
    }
  }
}

}  // namespace
}  // namespace dialplane::net
