// SPDX-License-Identifier: Apache-2.0
// JSON-RPC lines in and out.
#include "rpc.hpp"

#include <gtest/gtest.h>

namespace dialplane::control::rpc {
namespace {

TEST(Rpc, ReadsARequestWithNamedParameters) {
  const auto request = parse_request(R"({"jsonrpc":"2.0","id":7,"method":"backend.set","params":{"state":"drain"}})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->method, "backend.set");
  EXPECT_EQ(request->id, 7);
  EXPECT_EQ(request->params["state"], "drain");
  EXPECT_FALSE(request->is_notification);
}

TEST(Rpc, TakesARequestWithoutIdAsNotification) {
  const auto request = parse_request(R"({"jsonrpc":"2.0","method":"reload"})");
  ASSERT_TRUE(request.has_value());
  EXPECT_TRUE(request->is_notification);
}

TEST(Rpc, AnswersBrokenJsonWithAParseErrorAndNullId) {
  const auto request = parse_request(R"({"jsonrpc":"2.0","id":7)");
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().failure.code, -32700);
  EXPECT_TRUE(request.error().id.is_null());
}

TEST(Rpc, RefusesAnotherVersion) {
  const auto request = parse_request(R"({"jsonrpc":"1.0","id":7,"method":"show.info"})");
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().failure.code, -32600);
  EXPECT_EQ(request.error().id, 7);
}

TEST(Rpc, RefusesParametersByPosition) {
  const auto request = parse_request(R"({"jsonrpc":"2.0","id":"a","method":"show.info","params":[1]})");
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().failure.code, -32602);
  EXPECT_EQ(request.error().id, "a");
}

TEST(Rpc, RefusesAnObjectAsId) {
  const auto request = parse_request(R"({"jsonrpc":"2.0","id":{},"method":"show.info"})");
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().failure.code, -32600);
}

TEST(Rpc, WritesRowsWithTheirKeysInOrder) {
  Json row;
  row["zebra"] = 1;
  row["ant"] = 2;
  EXPECT_EQ(format_answer(3, rows_result(Json::array({row}))),
            "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"schema\":1,\"rows\":[{\"zebra\":1,\"ant\":2}]}}\n");
}

TEST(Rpc, WritesProblemsOfARefusal) {
  EXPECT_EQ(format_answer(nullptr, refuse(kRefused, "no", {"a", "b"})),
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"no\","
            "\"data\":{\"problems\":[\"a\",\"b\"]}}}\n");
}

TEST(Rpc, ShowsAPersonTheProblemsOnLinesOfTheirOwn) {
  EXPECT_EQ(format_words_answer(refuse(kRefused, "no", {"a"})), "error: no\n  a\n");
}

TEST(Rpc, ReplacesBytesThatAreNoUtf8) {
  Json row;
  row["name"] = "a\xff";
  EXPECT_NE(format_answer(1, rows_result(Json::array({row}))).find("a\xef\xbf\xbd"), std::string::npos);
}

}  // namespace
}  // namespace dialplane::control::rpc
