// SPDX-License-Identifier: Apache-2.0
// Method tokens and their properties. Test thread.
#include "dialplane/sip/method.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace dialplane::sip {
namespace {

/// The IANA registry "SIP Parameters, Methods and Response Codes", not derived from methods.def.
struct Registered {
  std::string_view name;
  std::string_view rfc;  ///< the one that defines it today
};
constexpr auto kRegistry = std::to_array<Registered>({
    {"ACK", "RFC 3261"},
    {"BYE", "RFC 3261"},
    {"CANCEL", "RFC 3261"},
    {"INFO", "RFC 6086"},
    {"INVITE", "RFC 3261"},
    {"MESSAGE", "RFC 3428"},
    {"NOTIFY", "RFC 6665"},
    {"OPTIONS", "RFC 3261"},
    {"PRACK", "RFC 3262"},
    {"PUBLISH", "RFC 3903"},
    {"REFER", "RFC 3515"},
    {"REGISTER", "RFC 3261"},
    {"SUBSCRIBE", "RFC 6665"},
    {"UPDATE", "RFC 3311"},
});

TEST(Method, EveryRegisteredMethodIsKnownByItsRfc) {
  for (const auto& [name, rfc] : kRegistry) {
    const auto method = find_method(name);
    ASSERT_NE(method, Method::kOther) << name;
    EXPECT_EQ(method_name(method), name);
    EXPECT_TRUE(method_source(method).starts_with(rfc)) << name << " " << method_source(method);
  }
}

TEST(Method, NoOtherMethodHasANumber) {
  EXPECT_EQ(kMethodCount, kRegistry.size() + 1);
  for (std::size_t i = 0; i + 1 < kMethodCount; ++i) {
    EXPECT_EQ(std::ranges::count(kRegistry, method_name(static_cast<Method>(i)), &Registered::name), 1);
  }
}

TEST(Method, EveryNameFindsItself) {
  for (std::size_t i = 0; i + 1 < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(find_method(method_name(method)), method) << method_name(method);
    EXPECT_FALSE(method_source(method).empty()) << method_name(method);
  }
}

TEST(Method, LowerCaseIsAnExtensionMethod) { EXPECT_EQ(find_method("invite"), Method::kOther); }

TEST(Method, PrefixesAndLongerTokensAreOther) {
  EXPECT_EQ(find_method("INVIT"), Method::kOther);
  EXPECT_EQ(find_method("INVITES"), Method::kOther);
  EXPECT_EQ(find_method("SUBSCRIB"), Method::kOther);
  EXPECT_EQ(find_method("SUBSCRIBX"), Method::kOther);
  EXPECT_EQ(find_method("SUBSCRIBER"), Method::kOther);
  EXPECT_EQ(find_method(""), Method::kOther);
}

TEST(Method, ExtensionMethodsAreRecordRouted) {
  EXPECT_TRUE(is_record_routed(Method::kOther));
  EXPECT_EQ(method_name(Method::kOther), "other");
  EXPECT_TRUE(method_source(Method::kOther).empty());
}

TEST(Method, RegisterFormsAUsageButIsNotRecordRouted) {
  EXPECT_FALSE(is_record_routed(Method::kRegister));
  EXPECT_TRUE(may_form_dialog(Method::kRegister));
  EXPECT_FALSE(may_form_dialog(Method::kBye));
}

}  // namespace
}  // namespace dialplane::sip
