// SPDX-License-Identifier: Apache-2.0
// The HTTP server over real sockets of the loopback. Test thread and the server's own.
#include "http_endpoint.hpp"

#include "http_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <thread>

namespace dialplane::control {
namespace {

const Endpoint kAnyPort{IpAddress::v4(0x7f000001), 0};

class HttpEndpointTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = HttpEndpoint::open(kAnyPort, 0,
                                     {{"/good",
                                       [] {
                                         return HttpEndpoint::Answer{200, "text/x", "fine\n"};
                                       }},
                                      {"/bad",
                                       [] {
                                         return HttpEndpoint::Answer{503, "text/x", "why\n"};
                                       }},
                                      {"/big", [] {
                                         return HttpEndpoint::Answer{200, "text/x", std::string(1 << 20, 'x')};
                                       }}});
    ASSERT_TRUE(opened.has_value()) << opened.error().text;
    endpoint_ = std::move(*opened);
  }
  [[nodiscard]] std::string request(std::string_view method, std::string_view path, std::string_view more = "") const {
    return http_request(endpoint_->address(), method, path, more);
  }

  std::unique_ptr<HttpEndpoint> endpoint_;
};

TEST_F(HttpEndpointTest, AnswersAPage) {
  const auto answer = request("GET", "/good");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Type: text/x\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfine\n")) << answer;
}

TEST_F(HttpEndpointTest, AnswersTheStatusAndTextOfThePage) {
  const auto answer = request("GET", "/bad");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nwhy\n")) << answer;
}

TEST_F(HttpEndpointTest, AnyOtherPathIsNotFound) {
  for (const auto* path : {"/", "/goodness", "/good/", "/../good", "/GOOD"}) {
    EXPECT_TRUE(request("GET", path).starts_with("HTTP/1.1 404 ")) << path;
  }
}

TEST_F(HttpEndpointTest, AnyOtherMethodIsNotFound) {
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    EXPECT_TRUE(request(method, "/good").starts_with("HTTP/1.1 404 ")) << method;
  }
}

TEST_F(HttpEndpointTest, ABodyIsNotWaitedFor) {
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(request("POST", "/good", "Content-Length: 1000000000\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_LT(std::chrono::steady_clock::now() - began, HttpEndpoint::kPatience);
}

TEST_F(HttpEndpointTest, SendsABigPageWhole) {
  const auto answer = request("GET", "/big");
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, std::size_t{1} << 20);
}

TEST_F(HttpEndpointTest, AListOfRangesDoesNotMultiplyThePage) {
  std::string ranges = "Range: bytes=0-";
  for (int i = 0; i < 200; ++i) ranges += ",0-";
  EXPECT_LT(request("GET", "/big", ranges + "\r\n").size(), std::size_t{2} << 20);
}

TEST_F(HttpEndpointTest, AnEndlessRequestEndsAtItsLimit) {
  const HttpClient client(endpoint_->address());
  client.send("GET /good HTTP/1.1\r\n");
  const std::string row = "X: " + std::string(1000, 'x') + "\r\n";
  for (std::size_t sent = 0; sent < 2 * HttpEndpoint::kMaxRequestBytes; sent += row.size()) client.send(row);
  EXPECT_EQ(client.read_all().find("200 OK"), std::string::npos);
}

TEST_F(HttpEndpointTest, ASilentClientIsLetGoAndHoldsNobodyUp) {
  const auto began = std::chrono::steady_clock::now();
  const HttpClient silent(endpoint_->address());
  silent.send("GET /good HTTP/1.1\r\n");
  EXPECT_TRUE(request("GET", "/good").starts_with("HTTP/1.1 200 "));
  EXPECT_LT(std::chrono::steady_clock::now() - began, HttpEndpoint::kPatience);
  EXPECT_EQ(silent.read_all().find("200 OK"), std::string::npos);
  EXPECT_GE(std::chrono::steady_clock::now() - began, HttpEndpoint::kPatience - std::chrono::milliseconds(100));
}

TEST_F(HttpEndpointTest, ClosesWhatIsTooMuchAtOnce) {
  using Clock = std::chrono::steady_clock;
  // Silent ones are let go after kPatience, and on a busy machine connecting takes as long: more than just too many.
  constexpr std::size_t kMostClients = 4 * (HttpEndpoint::kThreads + HttpEndpoint::kMaxWaiting);
  struct Silent {
    HttpClient client;
    Clock::time_point since = Clock::now();
  };
  std::deque<Silent> clients;
  const auto is_young = [](const Silent& one) { return Clock::now() - one.since < HttpEndpoint::kPatience / 2; };
  const auto is_refused = [&](const Silent& one) { return one.client.is_closed() && is_young(one); };
  bool any_refused = false;
  while (!any_refused && clients.size() < kMostClients) {
    clients.push_back({HttpClient(endpoint_->address())});
    clients.back().client.send("GET");
    any_refused = std::ranges::any_of(clients, is_refused);
  }
  while (!any_refused && is_young(clients.back())) any_refused = std::ranges::any_of(clients, is_refused);
  EXPECT_TRUE(any_refused);
  EXPECT_GT(clients.size(), HttpEndpoint::kMaxWaiting);
}

TEST_F(HttpEndpointTest, ATakenAddressIsAnErrorThatSaysWhatToDo) {
  const auto second = HttpEndpoint::open(endpoint_->address(), 0, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().text.find("Address already in use"), std::string::npos) << second.error().text;
  EXPECT_NE(second.error().text.find("free port"), std::string::npos) << second.error().text;
}

TEST_F(HttpEndpointTest, TheAddressIsFreeOnceItStopsListening) {
  endpoint_->stop_listening();
  const auto second = HttpEndpoint::open(endpoint_->address(), 0, {});
  EXPECT_TRUE(second.has_value()) << second.error().text;
}

TEST_F(HttpEndpointTest, AStopDoesNotWaitForSilentClients) {
  std::deque<HttpClient> clients;
  for (std::size_t i = 0; i < HttpEndpoint::kThreads; ++i) {
    clients.emplace_back(endpoint_->address());
    clients.back().send("GET");
  }
  const auto began = std::chrono::steady_clock::now();
  endpoint_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, HttpEndpoint::kPatience / 2);
}

}  // namespace
}  // namespace dialplane::control
