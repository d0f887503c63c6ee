// SPDX-License-Identifier: Apache-2.0
#include "pcap_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace dialplane::gen {
namespace {

TEST(PcapFile, OneFrameIsWrittenByteForByte) {
  PcapFile file;
  const std::array<std::uint8_t, 3> frame{0xaa, 0xbb, 0xcc};
  file.add(frame);
  const std::vector<std::uint8_t> expected{
      0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0,  // file
      0,    0,    0,    0,    0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0,                                // record
      0xaa, 0xbb, 0xcc,
  };
  EXPECT_EQ(std::vector<std::uint8_t>(file.bytes().begin(), file.bytes().end()), expected);
}

TEST(PcapFile, FailsWithThePathWhenItCannotBeWritten) {
  const auto saved = PcapFile().save("/nonexistent/folder/x.pcap");
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().text.find("/nonexistent/folder/x.pcap"), std::string::npos);
}

}  // namespace
}  // namespace dialplane::gen
