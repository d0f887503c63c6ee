// SPDX-License-Identifier: Apache-2.0
// Names of headers and faults. Test thread.
#include "dialplane/sip/message.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace dialplane::sip {
namespace {

TEST(Message, HeaderNamesFollowTheirIds) {
  EXPECT_EQ(header_name(HeaderId::kVia), "Via");
  EXPECT_EQ(header_name(HeaderId::kSipIfMatch), "SIP-If-Match");
  EXPECT_EQ(header_name(HeaderId::kOther), "");
}

TEST(Message, FaultsHaveTheStatusTheyAreAnsweredWith) {
  EXPECT_EQ(fault_status(Fault::kNone), 0);
  EXPECT_EQ(fault_status(Fault::kNotSip), 0);
  EXPECT_EQ(fault_status(Fault::kVersion), 505);
  EXPECT_EQ(fault_status(Fault::kScheme), 416);
  EXPECT_EQ(fault_status(Fault::kProxyRequire), 420);
  EXPECT_EQ(fault_status(Fault::kTooLarge), 513);
}

TEST(Message, FaultNamesAreDistinct) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_TRUE(names.emplace(fault_name(fault)).second) << fault_name(fault);
    EXPECT_FALSE(fault_sentence(fault).empty());
  }
  EXPECT_EQ(fault_name(Fault::kNone), "none");
  EXPECT_EQ(fault_name(Fault::kProxyRequire), "proxy_require");
}

}  // namespace
}  // namespace dialplane::sip
