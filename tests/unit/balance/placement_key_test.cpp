// SPDX-License-Identifier: Apache-2.0
// What of a request is hashed. Test thread.
#include "dialplane/balance/placement_key.hpp"

#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace dialplane::balance {
namespace {

struct Request {
  std::string uri = "sip:bob@example.com";
  std::string from = "<sip:alice@example.net>;tag=a1";
  std::string to = "<sip:bob@example.com>";
  std::string more;
};

std::string key_of_request(KeyField field, const Request& request, const IpAddress& source = IpAddress::v4(0x0a000001),
                           const KeyRule& header = {}) {
  const std::string text = "INVITE " + request.uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.5;branch=z9hG4bKabc\r\n" +
                           "Max-Forwards: 70\r\nFrom: " + request.from + "\r\nTo: " + request.to +
                           "\r\nCall-ID: 7f3@10.1.1.5\r\nCSeq: 1 INVITE\r\n" + request.more +
                           "Content-Length: 0\r\n\r\n";
  const auto message = std::make_unique<sip::Message>();
  sip::Facts facts;
  EXPECT_EQ(sip::scan(text, *message), sip::Fault::kNone) << text;
  EXPECT_EQ(sip::validate(*message, facts), sip::Fault::kNone) << text;
  KeyRule rule = header;
  rule.field = field;
  KeyRoom room;
  return std::string(key_of(rule, *message, facts, source, room));
}

std::string request_user(const std::string& uri) {
  Request request;
  request.uri = uri;
  return key_of_request(KeyField::kRequestUser, request);
}

TEST(PlacementKey, CallId) { EXPECT_EQ(key_of_request(KeyField::kCallId, {}), "7f3@10.1.1.5"); }

TEST(PlacementKey, FromUser) { EXPECT_EQ(key_of_request(KeyField::kFromUser, {}), "alice"); }

TEST(PlacementKey, ToUserWithDisplayName) {
  Request request;
  request.to = "\"Bob, <at> home\" <sip:bob@example.com;transport=udp>;x=1";
  EXPECT_EQ(key_of_request(KeyField::kToUser, request), "bob");
}

TEST(PlacementKey, ToUserWithoutBrackets) {
  Request request;
  request.to = "sip:bob@example.com;tag=1";
  EXPECT_EQ(key_of_request(KeyField::kToUser, request), "bob");
}

TEST(PlacementKey, RequestUserIsUnescaped) { EXPECT_EQ(request_user("sip:%62o%42@example.com"), "boB"); }

TEST(PlacementKey, RequestUserHasNoParameters) {
  EXPECT_EQ(request_user("sip:+12015550123;npdi;rn=+1@example.com;user=phone"), "+12015550123");
}

TEST(PlacementKey, RequestUserHasNoPassword) { EXPECT_EQ(request_user("sip:bob:secret@example.com"), "bob"); }

TEST(PlacementKey, FormsOfOneNumberAreOne) {
  const std::string number = "+12015550123";
  EXPECT_EQ(request_user("sip:+1-201-555-0123@example.com"), number);
  EXPECT_EQ(request_user("sip:+1(201)555.0123@example.net"), number);
  EXPECT_EQ(request_user("sip:%2b1%2D2015550123@example.com"), number);
  EXPECT_EQ(request_user("tel:+1-201-555-0123"), number);
  EXPECT_EQ(request_user("tel:+12015550123;isub=1"), number);
}

TEST(PlacementKey, UserKeepsItsCase) {
  EXPECT_NE(request_user("sip:Bob@a.example"), request_user("sip:bob@a.example"));
}

TEST(PlacementKey, ABrokenEscapeIsTakenAsItStands) { EXPECT_EQ(request_user("sip:a%4@example.com"), "a%4"); }

TEST(PlacementKey, AMissingUserFallsBackToTheCallId) {
  EXPECT_EQ(request_user("sip:example.com"), "7f3@10.1.1.5");
  EXPECT_EQ(request_user("urn:service:sos"), "7f3@10.1.1.5");
}

TEST(PlacementKey, AUserOfSeparatorsOnlyFallsBackToTheCallId) {
  EXPECT_EQ(request_user("sip:-.-@example.com"), "7f3@10.1.1.5");
}

TEST(PlacementKey, ALongUserIsCut) {
  EXPECT_EQ(request_user("sip:" + std::string(600, 'a') + "@example.com"), std::string(512, 'a'));
}

TEST(PlacementKey, RequestUriIsUserHostAndPort) {
  Request request;
  request.uri = "sip:b%6fb@EXAMPLE.com:5070;transport=udp";
  EXPECT_EQ(key_of_request(KeyField::kRequestUri, request), "bob@example.com:5070");
}

TEST(PlacementKey, RequestUriOfAnotherSchemeIsTakenAsItStands) {
  Request request;
  request.uri = "urn:service:sos.police";
  EXPECT_EQ(key_of_request(KeyField::kRequestUri, request), "urn:service:sos.police");
}

TEST(PlacementKey, SourceIsTheAddress) {
  const std::string one = key_of_request(KeyField::kSource, {}, IpAddress::v4(0x0a000001));
  EXPECT_EQ(one.size(), 16U);
  EXPECT_NE(one, key_of_request(KeyField::kSource, {}, IpAddress::v4(0x0a000002)));
}

TEST(PlacementKey, ANamedHeaderInAnyCase) {
  Request request;
  request.more = "x-ACCOUNT:  42 \r\nX-Account: 43\r\n";
  EXPECT_EQ(key_of_request(KeyField::kHeader, request, {}, {KeyField::kHeader, sip::HeaderId::kOther, "X-Account"}),
            "42");
}

TEST(PlacementKey, AKnownHeaderInItsCompactForm) {
  Request request;
  request.more = "m: <sip:alice@10.1.1.5>\r\n";
  EXPECT_EQ(key_of_request(KeyField::kHeader, request, {}, {KeyField::kHeader, sip::HeaderId::kContact, "Contact"}),
            "<sip:alice@10.1.1.5>");
}

TEST(PlacementKey, AMissingHeaderFallsBackToTheCallId) {
  EXPECT_EQ(key_of_request(KeyField::kHeader, {}, {}, {KeyField::kHeader, sip::HeaderId::kOther, "X-Account"}),
            "7f3@10.1.1.5");
}

}  // namespace
}  // namespace dialplane::balance
