// SPDX-License-Identifier: Apache-2.0
// Every kernel against the scalar one: the same index and the same facts on the torture messages, on every prefix of
// them, and on generated and damaged messages (200 000; ten million with DIALPLANE_LONG=1). Test thread.
#include "guarded_buffer.hpp"
#include "sip_generator.hpp"
#include "sip_mutator.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace dialplane::sip {
namespace {

constexpr std::size_t kMessages = 200'000;
constexpr std::size_t kMessagesLong = 10'000'000;

/// What one kernel makes of a datagram.
struct Reading {
  Fault scanned = Fault::kNone;
  Fault judged = Fault::kNone;
  Message message;
  Facts facts;
  std::vector<ViaView> vias;      ///< below the topmost, up to the first malformed one
  std::vector<RouteView> routes;  ///< the same

  void read(Kernel kernel, std::string_view datagram) {
    ASSERT_TRUE(select_kernel(kernel));
    scanned = scan(datagram, message);
    judged = validate(message, facts);
    vias.clear();
    routes.clear();
    if (scanned != Fault::kNone) return;
    ViaView via = facts.via;
    ViaView next;
    for (; facts.has_via && next_via(message, via, next); via = next) vias.push_back(next);
    RouteCursor cursor(message);
    for (RouteView route; cursor.next(route) == RouteCursor::Step::kValue;) routes.push_back(route);
  }
};

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.data() == b.data() || a.empty());
}

bool same_row(const HeaderRow& a, const HeaderRow& b) {
  return a.offset == b.offset && a.end == b.end && a.value_offset == b.value_offset && a.value_end == b.value_end &&
         a.name_length == b.name_length && a.id == b.id && a.next_same == b.next_same;
}

bool same_first_rows(const Message& a, const Message& b) {
  for (std::size_t id = 0; id < kHeaderCount; ++id) {
    if ((a.present >> id & 1) != 0 && a.first[id] != b.first[id]) return false;
  }
  return a.present == b.present;
}

bool same_index(const Message& a, const Message& b) {
  return same(a.text, b.text) && a.skipped == b.skipped && a.is_request == b.is_request && a.method == b.method &&
         a.status == b.status && a.method_end == b.method_end && a.uri_offset == b.uri_offset &&
         a.uri_end == b.uri_end && a.headers_offset == b.headers_offset && a.headers_end == b.headers_end &&
         a.body_offset == b.body_offset && a.body_end == b.body_end && a.row_count == b.row_count &&
         same_first_rows(a, b) && std::equal(a.rows.begin(), a.rows.begin() + a.row_count, b.rows.begin(), same_row);
}

bool same_via(const ViaView& a, const ViaView& b) {
  return a.row == b.row && a.begin == b.begin && a.end == b.end && a.next == b.next && same(a.transport, b.transport) &&
         same(a.host, b.host) && a.port == b.port && a.sent_by_end == b.sent_by_end && same(a.branch, b.branch) &&
         a.has_rport == b.has_rport && same(a.rport_value, b.rport_value) && a.rport_begin == b.rport_begin &&
         a.rport_end == b.rport_end && same(a.received, b.received) && a.received_begin == b.received_begin &&
         a.received_end == b.received_end && same(a.dps, b.dps);
}

bool same_uri(const UriView& a, const UriView& b) {
  return a.scheme == b.scheme && same(a.scheme_text, b.scheme_text) && same(a.user, b.user) &&
         a.has_user == b.has_user && same(a.host, b.host) && a.port == b.port && same(a.parameters, b.parameters) &&
         a.has_headers == b.has_headers;
}

bool same_route(const RouteView& a, const RouteView& b) {
  return a.row == b.row && a.begin == b.begin && a.end == b.end && a.next == b.next && same_uri(a.uri, b.uri);
}

bool same_facts(const Facts& a, const Facts& b) {
  return a.has_via == b.has_via && (!a.has_via || same_via(a.via, b.via)) && same(a.call_id, b.call_id) &&
         same(a.from_tag, b.from_tag) && same(a.to_tag, b.to_tag) && a.cseq.number == b.cseq.number &&
         same(a.cseq.method, b.cseq.method) && a.has_max_forwards == b.has_max_forwards &&
         a.max_forwards == b.max_forwards && same_uri(a.request_uri, b.request_uri) && a.has_route == b.has_route &&
         (!a.has_route || same_route(a.route, b.route));
}

/// The first thing in which two readings differ; empty if there is none.
std::string difference(const Reading& a, const Reading& b) {
  if (a.scanned != b.scanned) {
    return "scan: " + std::string(fault_name(a.scanned)) + " and " + std::string(fault_name(b.scanned));
  }
  if (!same_index(a.message, b.message)) return "index";
  if (a.judged != b.judged) {
    return "validate: " + std::string(fault_name(a.judged)) + " and " + std::string(fault_name(b.judged));
  }
  if (!same_facts(a.facts, b.facts)) return "facts";
  if (!std::ranges::equal(a.vias, b.vias, same_via)) return "the Vias below the topmost";
  return std::ranges::equal(a.routes, b.routes, same_route) ? "" : "Route values";
}

std::vector<std::string> torture_messages() {
  std::vector<std::string> messages;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(DP_TORTURE_FOLDER)) {
    if (entry.path().extension() != ".dat") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    messages.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return messages;
}

class Kernels : public testing::TestWithParam<Kernel> {
 protected:
  void SetUp() override {
    before_ = active_kernel();
    if (!kernel_available(GetParam())) GTEST_SKIP() << "this processor lacks " << kernel_name(GetParam());
  }
  void TearDown() override { select_kernel(before_); }

  /// Fails the test if the kernel reads `datagram` in another way than the scalar one.
  [[nodiscard]] bool agrees(std::string_view datagram) {
    expected_->read(Kernel::kScalar, datagram);
    actual_->read(GetParam(), datagram);
    const auto found = difference(*expected_, *actual_);
    EXPECT_EQ(found, "") << "in " << testing::PrintToString(std::string(datagram));
    return found.empty();
  }

 private:
  Kernel before_ = Kernel::kScalar;
  std::unique_ptr<Reading> expected_ = std::make_unique<Reading>();
  std::unique_ptr<Reading> actual_ = std::make_unique<Reading>();
};

TEST_P(Kernels, AgreeOnTheTortureMessages) {
  const auto messages = torture_messages();
  ASSERT_GT(messages.size(), 100U);
  for (const auto& message : messages) {
    test::GuardedBuffer buffer(message);
    ASSERT_TRUE(agrees(buffer.text()));
  }
}

TEST_P(Kernels, AgreeOnEveryPrefixOfTheTortureMessages) {
  constexpr std::size_t kLongest = 4096;
  for (const auto& message : torture_messages()) {
    if (message.size() > kLongest) continue;
    test::GuardedBuffer buffer(message.size());
    for (std::size_t length = 0; length < message.size(); ++length) {
      const auto place = buffer.last(length);
      std::copy_n(message.begin(), length, place.begin());
      ASSERT_TRUE(agrees({reinterpret_cast<const char*>(place.data()), length})) << length;
    }
  }
}

TEST_P(Kernels, AgreeOnGeneratedAndDamagedMessages) {
  const std::size_t count = std::getenv("DIALPLANE_LONG") != nullptr ? kMessagesLong : kMessages;
  constexpr std::uint64_t kSeed = 20'261;
  test::SipGenerator generator(kSeed);
  test::SipMutator mutator(kSeed);
  for (std::size_t i = 0; i < count; i += 2) {
    const auto good = generator.next();
    ASSERT_TRUE(agrees(good)) << "message " << i;
    ASSERT_TRUE(agrees(mutator.mutate(good))) << "message " << i << ", damaged";
  }
}

/// Rows, names and values at every distance from the ends of 64-byte blocks and of the datagram.
TEST_P(Kernels, AgreeWhereverABlockEnds) {
  for (std::size_t shift = 0; shift < 130; ++shift) {
    const std::string padding(shift, 'x');
    for (const auto* body : {"", "v=0\r\n", "0123456789012345678901234567890123456789\r\n\r\n"}) {
      const std::string message =
          "INVITE sip:" + padding + "@a.example SIP/2.0\r\nv:SIP/2.0/UDP a.example:5061;branch=z9hG4bK" + padding +
          ";rport\r\nFrom: \"" + padding + "\" <sip:a@a.example>;tag=" + padding + "1\r\nto : <sip:b@b.example>\r\n" +
          "Call-ID: " + padding + "1@a.example\r\nCSeq: 1 INVITE\r\nX-" + padding + ": " + padding +
          "\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n" + body;
      test::GuardedBuffer buffer(message);
      ASSERT_TRUE(agrees(buffer.text())) << shift;
    }
  }
}

/// Hosts, ports and parameters in every order, with padding for '*', at every distance from the end of the bytes that a
/// kernel looks at together.
TEST_P(Kernels, AgreeWhereverAPartOfAFieldEnds) {
  for (const std::string shape : {"a;branch=*",
                                  "a;branch=z*;rport",
                                  "a;rport;branch=z*",
                                  "a;RPort;BRANCH=z*;rport",
                                  "a;branch=z;dps=*",
                                  "a;branch=z*;dps=1",
                                  "a;branch=z*;dps=1;rport",
                                  "a;dps=z*;branch=1",
                                  "a;branch=z*;branch=1",
                                  "a;branch=z*;rport=1;received=192.0.2.1",
                                  "a;branch;x=*",
                                  "a;received=*;branch=1",
                                  "a;x*;branch=1",
                                  "a;x*=1;rport",
                                  "a;rportx=*;rport",
                                  "a;tag=*",
                                  "a;x=1;tag=z*",
                                  "a;TAG=*;x",
                                  "a;tag=z*;tag=1",
                                  "a;tag=*;;x",
                                  "a;tag=z*=",
                                  "a;branch=z*?",
                                  "a;branch=z*;dps=12345,",
                                  "a;branch=*;rport,",
                                  "*@a/b",
                                  "a;dps=z*,;branch=1",
                                  "a;branch=z;dps=*,",
                                  "a*",
                                  "a*:5060",
                                  "a*:5060;x",
                                  "a*:65536",
                                  "a:*",
                                  "a:1*",
                                  "a*@a",
                                  "*@a:5060;x",
                                  "a:*@a",
                                  "a@a*:5060;x",
                                  "a@a;x=*?",
                                  "a;*@a",
                                  "a;x=*@a@a",
                                  "a@*"}) {
    for (std::size_t length = 0; length < 130; ++length) {
      auto part = shape;
      part.replace(part.find('*'), 1, length, '7');
      for (const std::size_t place : {0, 1, 2, 3, 4}) {
        std::array<std::string, 5> fields = {"a", "a", "a", "a", "a"};
        fields.at(place) = part;
        const auto& [uri, via, from, to, route] = fields;
        const std::string message = "BYE sip:" + uri + " SIP/2.0\r\nv: SIP/2.0/UDP " + via + "\r\nf: <sip:a>" +
                                    from.substr(1) + "\r\nt: <sip:" + to + ">;tag=1\r\ni: 1\r\nCSeq: 1 BYE\r\n" +
                                    "Route: <sip:" + route + ">\r\n\r\n";
        test::GuardedBuffer buffer(message);
        ASSERT_TRUE(agrees(buffer.text()));
      }
    }
  }
}

TEST_P(Kernels, AgreeOnManyRows) {
  for (const std::size_t rows : {1, 127, 250, 251, 252, 253, 400}) {
    std::string message = "OPTIONS sip:a.example SIP/2.0\r\n";
    for (std::size_t i = 0; i < rows; ++i)
      message += "v: SIP/2.0/UDP a:" + std::to_string(i + 1) + ";branch=z9hG4bK1\r\n";
    message += "f: <sip:a@a>;tag=1\r\nt: <sip:b@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
    ASSERT_TRUE(agrees(message)) << rows;
  }
}

/// Names with an id, registered ones without, and strangers that share their first letters and their length with one,
/// each with every way to write what stands between the colon and the value.
TEST_P(Kernels, AgreeOnNamesAndTheBlanksBehindThem) {
  for (const auto* name : {"Call-ID",
                           "i",
                           "P-Charging-Function-Addresses",
                           "Content-Encoding",
                           "Content-Language",
                           "Security-Client",
                           "Security-Verify",
                           "Organization",
                           "Organizatiom",
                           "Supported",
                           "Supportee",
                           "Via",
                           "VIA",
                           "Vib",
                           "v",
                           "X",
                           "X-Y",
                           "Request-Disposition",
                           "Request-Dispositiom",
                           "ThisNameHasThirtyCharactersInIt",
                           "ThisNameHasThirtyCharactersInI",
                           "ThisNameHasTwenty-NineOfThem-",
                           ""}) {
    for (const auto* between : {":", ": ", ":  ", " :", " : ", ":\t", ":\r\n ", ": \r\n\t", ""}) {
      for (const auto* value : {"x", "x ", "", " ", "-", "\x80", "x\t"}) {
        const std::string message = "X sip:a@a SIP/2.0\r\nX-Pad: to the length of a block or more of them, 64\r\n" +
                                    std::string(name) + between + value + "\r\nVia: y\r\n\r\n";
        test::GuardedBuffer buffer(message);
        ASSERT_TRUE(agrees(buffer.text()));
      }
    }
  }
}

std::string name_of(const testing::TestParamInfo<Kernel>& info) { return std::string(kernel_name(info.param)); }

INSTANTIATE_TEST_SUITE_P(All, Kernels, testing::Values(Kernel::kSse42, Kernel::kAvx2, Kernel::kAvx512), name_of);

TEST(Kernel, NamesAreFoundAgain) {
  for (std::size_t i = 0; i < kKernelCount; ++i) {
    EXPECT_EQ(find_kernel(kernel_name(static_cast<Kernel>(i))), static_cast<Kernel>(i));
  }
  EXPECT_EQ(find_kernel("avx"), std::nullopt);
}

TEST(Kernel, ScalarIsAlwaysAvailable) { EXPECT_TRUE(kernel_available(Kernel::kScalar)); }

}  // namespace
}  // namespace dialplane::sip
