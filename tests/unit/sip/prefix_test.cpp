// SPDX-License-Identifier: Apache-2.0
// Every prefix of every good torture message against a protected page at either end, by every kernel. Test thread.
#include "guarded_buffer.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace dialplane::sip {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(std::string(DP_TORTURE_FOLDER) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The messages that a proxy forwards.
const std::vector<std::string>& good_messages() {
  static const auto messages = [] {
    std::vector<std::string> found;
    std::istringstream index(read_file("index.tsv"));
    for (std::string line; std::getline(index, line);) {
      std::vector<std::string> cells;
      std::istringstream row(line);
      for (std::string cell; std::getline(row, cell, '\t');) cells.push_back(cell);
      if (cells.size() > 4 && cells[3] == "valid" && cells[4] == "forward") found.push_back(read_file(cells[1]));
    }
    return found;
  }();
  return messages;
}

struct Judged {
  Message message;
  Facts facts;
  Fault scanned = Fault::kNone;
  Fault fault = Fault::kNone;

  explicit Judged(std::string_view text) {
    scanned = scan(text, message);
    fault = validate(message, facts);
  }
};

/// One past the empty line, in the datagram.
std::size_t section_end(std::string_view datagram) {
  const auto start = datagram.find_first_not_of("\r\n");
  return datagram.find("\r\n\r\n", start) + 4;
}

class Prefix : public testing::TestWithParam<Kernel> {
 protected:
  void SetUp() override {
    if (!select_kernel(GetParam())) GTEST_SKIP() << "this processor lacks what the kernel needs";
    ASSERT_GE(good_messages().size(), 35U);
  }
  void TearDown() override { select_kernel(before_); }

 private:
  Kernel before_ = active_kernel();
};

TEST_P(Prefix, IsReadNoFurtherThanItsEnd) {
  for (const auto& bytes : good_messages()) {
    test::GuardedBuffer buffer(bytes.size());
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
      const auto room = buffer.last(length);
      std::memcpy(room.data(), bytes.data(), length);
      const Judged judged({reinterpret_cast<const char*>(room.data()), length});
      ASSERT_LE(judged.message.body_end, length);
    }
  }
}

TEST_P(Prefix, IsNotReadBeforeItsStart) {
  for (const auto& bytes : good_messages()) {
    const test::GuardedBuffer buffer(bytes, test::Guard::kBefore);
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
      const Judged judged(buffer.text().substr(0, length));
      ASSERT_LE(judged.message.body_end, length);
    }
  }
}

TEST_P(Prefix, OfTheHeaderSectionIsNeverAccepted) {
  for (const auto& bytes : good_messages()) {
    for (std::size_t length = 0; length < section_end(bytes); ++length) {
      const Judged judged(std::string_view(bytes).substr(0, length));
      ASSERT_NE(judged.scanned, Fault::kNone) << length << " bytes of\n" << bytes;
      ASSERT_EQ(judged.message.headers_end, 0) << length << " bytes of\n" << bytes;
    }
  }
}

TEST_P(Prefix, OfTheBodyChangesNothingButTheBody) {
  for (const auto& bytes : good_messages()) {
    const Judged whole(bytes);
    ASSERT_EQ(whole.fault, Fault::kNone) << bytes;
    const bool has_length = whole.message.find(HeaderId::kContentLength) != nullptr;
    for (auto length = section_end(bytes); length < bytes.size(); ++length) {
      const Judged judged(std::string_view(bytes).substr(0, length));
      ASSERT_EQ(judged.scanned, Fault::kNone);
      const bool lacks_body = has_length && length < std::size_t{whole.message.skipped} + whole.message.body_end;
      ASSERT_EQ(judged.fault, lacks_body ? Fault::kContentLength : Fault::kNone) << length << " bytes of\n" << bytes;
      ASSERT_EQ(judged.message.row_count, whole.message.row_count);
      ASSERT_EQ(std::memcmp(judged.message.rows.data(), whole.message.rows.data(),
                            whole.message.row_count * sizeof(HeaderRow)),
                0);
      ASSERT_EQ(judged.facts.call_id, whole.facts.call_id);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryKernel, Prefix,
                         testing::Values(Kernel::kScalar, Kernel::kSse42, Kernel::kAvx2, Kernel::kAvx512),
                         [](const auto& kernel) { return std::string(kernel_name(kernel.param)); });

}  // namespace
}  // namespace dialplane::sip
