// SPDX-License-Identifier: Apache-2.0
// Method tokens and their properties. Test thread.
#include "dialplane/sip/method.hpp"

#include <gtest/gtest.h>

namespace dialplane::sip {
namespace {

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
