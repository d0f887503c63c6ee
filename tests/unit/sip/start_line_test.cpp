// SPDX-License-Identifier: Apache-2.0
// Start lines as views. Test thread.
#include "dialplane/sip/start_line.hpp"

#include "guarded_buffer.hpp"
#include "messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace dialplane::sip {
namespace {

std::unique_ptr<Parsed> parsed(std::string_view text) { return std::make_unique<Parsed>(text); }

TEST(StartLine, ARequestHasThreeParts) {
  const auto p = parsed("NEW.method tel:+1 sip/2.0\r\nX: y\r\n\r\n");
  const auto line = request_line(p->message);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "NEW.method");
  EXPECT_EQ(line->uri, "tel:+1");
  EXPECT_EQ(line->version, "sip/2.0");
  EXPECT_FALSE(status_line(p->message));
}

TEST(StartLine, AResponseKeepsItsReasonByteForByte) {
  const auto p = parsed("\r\nSIP/2.0 486 Tel\xc3\xa9phone  occup\xc3\xa9 \r\nX: y\r\n\r\n");
  const auto line = status_line(p->message);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->version, "SIP/2.0");
  EXPECT_EQ(line->status, 486);
  EXPECT_EQ(line->reason, "Tel\xc3\xa9phone  occup\xc3\xa9 ");
  EXPECT_FALSE(request_line(p->message));
}

TEST(StartLine, TheReasonMayBeEmpty) {
  const auto p = parsed("SIP/2.0 100 \r\nX: y\r\n\r\n");
  ASSERT_TRUE(status_line(p->message));
  EXPECT_EQ(status_line(p->message)->reason, "");
}

TEST(StartLine, RefusedLinesHaveNoView) {
  for (const auto* bad : {"SIP/2.0 1000 x\r\nX: y\r\n\r\n", "SIP/2.0 200\r\nX: y\r\n\r\n", "INVITE  SIP/2.0\r\n\r\n",
                          "INVITE sip:a SIP/2.0", "SIP/2.0 200 OK", "", "\r\n\r\n"}) {
    const auto p = parsed(bad);
    EXPECT_FALSE(request_line(p->message)) << bad;
    EXPECT_FALSE(status_line(p->message)) << bad;
  }
}

TEST(StartLine, NoPrefixReadsPastItsEnd) {
  for (const std::string_view good : {"INVITE sip:a SIP/2.0\r\nX: y\r\n\r\n", "SIP/2.0 200 OK\r\nX: y\r\n\r\n"}) {
    const auto message = std::make_unique<Message>();
    test::GuardedBuffer buffer(good.size());
    for (std::size_t length = 0; length <= good.size(); ++length) {
      const auto room = buffer.last(length);
      std::copy_n(good.begin(), length, room.begin());
      const std::string_view text(reinterpret_cast<const char*>(room.data()), length);
      scan(text, *message);
      const bool found = request_line(*message) || status_line(*message);
      EXPECT_EQ(found, length >= good.find('\n') + 1) << length;
      if (const auto line = request_line(*message)) {
        EXPECT_EQ(line->version, "SIP/2.0");
      } else if (const auto status = status_line(*message)) {
        EXPECT_EQ(status->reason, "OK");
      }
    }
  }
}

}  // namespace
}  // namespace dialplane::sip
