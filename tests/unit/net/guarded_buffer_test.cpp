// SPDX-License-Identifier: Apache-2.0
// The positive control of every guarded test: a byte outside the buffer does end the process. Test thread.
#include "guarded_buffer.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace dialplane::test {
namespace {

std::uint8_t read_at(const volatile std::uint8_t* p) { return *p; }

TEST(GuardedBufferDeathTest, ReadPastTheEndEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const GuardedBuffer buffer(std::string_view("abc"));
  EXPECT_EQ(buffer.text(), "abc");
  EXPECT_EQ(read_at(buffer.data() + 2), 'c');
  EXPECT_DEATH(read_at(buffer.data() + 3), "");
}

TEST(GuardedBufferDeathTest, ReadBeforeTheStartEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const GuardedBuffer buffer(std::string_view("abc"), Guard::kBefore);
  EXPECT_EQ(read_at(buffer.data()), 'a');
  EXPECT_DEATH(read_at(buffer.data() - 1), "");
}

TEST(GuardedBufferDeathTest, EmptyBufferCannotBeRead) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const GuardedBuffer buffer(0);
  EXPECT_DEATH(read_at(buffer.data()), "");
}

}  // namespace
}  // namespace dialplane::test
