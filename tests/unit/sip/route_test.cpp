// SPDX-License-Identifier: Apache-2.0
// Route values across rows and commas. Test thread.
#include "messages.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dialplane::sip {
namespace {

TEST(Route, WalksRowsAndCommasInOrder) {
  const Parsed p(
      "X sip:a SIP/2.0\r\nRoute: \"a, <b>\" <sip:one;lr>;x=\",\" , <sip:two;lr>\r\nTo: t\r\nROUTE: "
      "<sip:three>\r\n\r\n");
  RouteCursor cursor(p.message);
  std::vector<std::string> hosts;
  std::vector<std::string> texts;
  std::vector<bool> more;
  RouteView route;
  while (cursor.next(route) == RouteCursor::Step::kValue) {
    hosts.emplace_back(route.uri.host);
    texts.emplace_back(p.message.text.substr(route.begin, route.end - route.begin));
    more.push_back(route.next != 0);
  }
  EXPECT_EQ(hosts, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(texts[0], "\"a, <b>\" <sip:one;lr>;x=\",\"");
  EXPECT_EQ(texts[1], "<sip:two;lr>");
  EXPECT_EQ(more, (std::vector<bool>{true, false, false}));
  EXPECT_EQ(route.row, 2);
  EXPECT_EQ(cursor.next(route), RouteCursor::Step::kEnd);
}

TEST(Route, EndsAtOnceWithoutRows) {
  const Parsed p(invite());
  RouteView route;
  EXPECT_EQ(RouteCursor(p.message).next(route), RouteCursor::Step::kEnd);
}

TEST(Route, RefusesMalformedValues) {
  for (const auto* value : {"", "sip:h;lr", "<sip:h;lr>,", "<sip:h;lr>, ,<sip:i>", "<sip:h h>", "<h>", "<sip:h;lr"}) {
    const Parsed p("X sip:a SIP/2.0\r\nRoute: " + std::string(value) + "\r\n\r\n");
    RouteCursor cursor(p.message);
    RouteView route;
    auto step = cursor.next(route);
    while (step == RouteCursor::Step::kValue) step = cursor.next(route);
    EXPECT_EQ(step, RouteCursor::Step::kMalformed) << value;
  }
}

TEST(Route, ReadsOtherListHeadersToo) {
  const Parsed p("X sip:a SIP/2.0\r\nRecord-Route: <sip:h;lr>\r\n\r\n");
  RouteCursor cursor(p.message, HeaderId::kRecordRoute);
  RouteView route;
  EXPECT_EQ(cursor.next(route), RouteCursor::Step::kValue);
  EXPECT_EQ(route.uri.host, "h");
}

}  // namespace
}  // namespace dialplane::sip
