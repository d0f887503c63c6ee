// SPDX-License-Identifier: Apache-2.0
// Which differences a reload refuses, key by key.
#include "document.hpp"
#include "keys.hpp"

#include "dialplane/config/loader.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace dialplane::config {
namespace {

using testing::document;

Config load(const std::string& text) {
  auto result = load_text(text);
  if (!result) {
    ADD_FAILURE() << format_problem("text", result.error()[0]);
    return {};
  }
  return *result;
}

std::vector<std::string> changes(const std::string& wanted) {
  return unreloadable_changes(load(document()), load(wanted));
}

TEST(ReloadCheck, NothingDiffers) { EXPECT_TRUE(changes(document()).empty()); }

TEST(ReloadCheck, EveryKeyThatTheListCallsFixedIsRefusedByName) {
  const std::map<std::string, std::string> edits = {
      {"[runtime] name", document({{2, "worker_cpus = [1]\nname = \"x\""}})},
      {"[runtime] main_cpu", document({{2, "worker_cpus = [1]\nmain_cpu = 1"}})},
      {"[runtime] worker_cpus", document({{2, "worker_cpus = [1, 2]"}})},
      {"[runtime] memory", document({{2, "worker_cpus = [1]\nmemory = \"none\""}})},
      {"[runtime] mbufs", document({{2, "worker_cpus = [1]\nmbufs = 2048"}})},
      {"[runtime] idle", document({{2, "worker_cpus = [1]\nidle = \"poll\""}})},
      {"[runtime] state_dir", document({{2, "worker_cpus = [1]\nstate_dir = \"/x\""}})},
      {"[node] name", document({}, "[node]\nname = \"not-this-host\"\n")},
      {"[node] probe_source", document({}, "[node]\nprobe_source = [\"10.0.0.2\"]\n")},
      {"[affinity] entries", document({}, "[affinity]\nentries = 2048\n")},
      {"[[port]] edge0: device", document({{5, "device = \"net_null9\""}})},
      {"[[port]] edge0: exception", document({{6, "exception = \"edge9\""}})},
      {"[[port]] edge0: mtu", document({{6, "exception = \"edge0\"\nmtu = 1400"}})},
      {"[[port]] edge0: addresses", document({{7, "addresses = [\"198.51.100.3/24\"]"}})},
      {"[[port]] edge0: routes", document({{8, "routes = [\"default via 198.51.100.9\"]"}})},
      {"[[port]] edge0: rx_checksum", document({{6, "exception = \"edge0\"\nrx_checksum = \"absent\""}})},
  };
  for (const auto& [name, text] : edits) EXPECT_EQ(changes(text), std::vector<std::string>{name});
  std::size_t fixed = 0;
  for (const KeyInfo& key : all_keys()) fixed += key.reloadable == Reloadable::kNo ? 1 : 0;
  // The name of a port shows as one port removed and one added.
  EXPECT_EQ(edits.size() + 1, fixed);
}

TEST(ReloadCheck, RenamedPortIsRemovedAndAdded) {
  EXPECT_EQ(changes(document({{4, "name = \"wan\""}})),
            (std::vector<std::string>{"[[port]] edge0: removed", "[[port]] wan: added"}));
}

TEST(ReloadCheck, OrderOfPortsIsFixed) {
  const std::string a = "[[port]]\nname = \"a\"\ndevice = \"net_null1\"\nexception = \"a\"\n";
  const std::string b = "[[port]]\nname = \"b\"\ndevice = \"net_null2\"\nexception = \"b\"\n";
  EXPECT_EQ(unreloadable_changes(load(document({}, a + b)), load(document({}, b + a))),
            std::vector<std::string>{"[[port]] order"});
}

TEST(ReloadCheck, ListenersPoolsAndNeighborsMayChange) {
  EXPECT_TRUE(changes(document({{11, "address = \"udp:198.51.100.20:5070\""}, {23, "name = \"other\""}},
                               "[[neighbor]]\nport = \"edge0\"\naddress = \"198.51.100.1\"\n"
                               "mac = \"02:00:00:00:00:01\"\n[control]\nsocket = \"/run/x.sock\"\n"))
                  .empty());
}

}  // namespace
}  // namespace dialplane::config
