// SPDX-License-Identifier: Apache-2.0
// What a valid text becomes, and mistakes of single values: syntax, keys, types, ranges, formats.
#include "dialplane/config/loader.hpp"

#include "document.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dialplane::config {
namespace {

using testing::document;
using testing::expect_problem;

Config load(const std::string& text) {
  auto result = load_text(text);
  if (!result) {
    for (const Problem& problem : result.error()) ADD_FAILURE() << format_problem("text", problem);
    return {};
  }
  return *result;
}

TEST(Loader, ExampleConfigurationLoads) {
  const auto result = load_file(DP_EXAMPLE_CONFIG);
  ASSERT_TRUE(result.has_value()) << format_problem(DP_EXAMPLE_CONFIG, result.error()[0]);
  EXPECT_EQ(result->listeners.size(), 2u);
  EXPECT_EQ(result->pools.at(0).backends.size(), 3u);
  EXPECT_EQ(result->keys.placement, "/etc/dialplane/placement.key");
  EXPECT_EQ(result->keys.tokens.size(), 2u);
}

TEST(Loader, FillsDefaults) {
  const Config config = load(document());
  EXPECT_EQ(config.runtime.name, "dialplane");
  EXPECT_EQ(config.runtime.main_cpu, 0);
  EXPECT_EQ(config.runtime.memory, Memory::kHugepages);
  EXPECT_EQ(config.runtime.mbufs, 65536u);
  EXPECT_EQ(config.runtime.idle, Idle::kPause);
  EXPECT_EQ(config.runtime.state_dir, "/var/lib/dialplane");
  EXPECT_EQ(config.node.name, host_name());
  EXPECT_TRUE(config.keys.placement.empty());
  EXPECT_TRUE(config.keys.tokens.empty());
  EXPECT_EQ(config.control.socket, "/run/dialplane/control.sock");
  EXPECT_EQ(config.ports.at(0).mtu, 1500);
  EXPECT_EQ(config.ports.at(0).rx_checksum, RxChecksum::kVerify);
  const Listener& listener = config.listeners.at(0);
  EXPECT_EQ(listener.options, OptionsMode::kAnswer);
  EXPECT_TRUE(listener.record_route);
  EXPECT_EQ(listener.nat, NatMode::kAuto);
  EXPECT_FALSE(listener.force_rport);
  EXPECT_EQ(listener.outbound, OutboundMode::kRefuse);
  EXPECT_EQ(listener.hairpin, HairpinMode::kRefuse);
  const Backend& backend = config.pools.at(0).backends.at(0);
  EXPECT_EQ(backend.weight, 100u);
  EXPECT_EQ(backend.state, AdminState::kReady);
  EXPECT_TRUE(backend.sources.empty());
}

TEST(Loader, SocketFollowsTheInstanceName) {
  EXPECT_EQ(load(document({{2, "worker_cpus = [1]\nname = \"second\""}})).control.socket, "/run/second/control.sock");
}

TEST(Loader, ReadsRuntime) {
  const Config config = load(document({{2, R"(worker_cpus = [1, 1, 3]
main_cpu = 2
memory = "none"
mbufs = 8192
idle = "sleep"
state_dir = "/tmp/state")"}}));
  EXPECT_EQ(config.runtime.worker_cpus, (std::vector<std::uint16_t>{1, 1, 3}));
  EXPECT_EQ(config.runtime.main_cpu, 2);
  EXPECT_EQ(config.runtime.memory, Memory::kNone);
  EXPECT_EQ(config.runtime.mbufs, 8192u);
  EXPECT_EQ(config.runtime.idle, Idle::kSleep);
  EXPECT_EQ(config.runtime.state_dir, "/tmp/state");
}

TEST(Loader, ReadsPortWithDeviceList) {
  const Config config =
      load(document({{2, "worker_cpus = [1, 1]"},
                     {5, R"(device = ["net_af_xdp0,iface=e0,start_queue=0", "net_af_xdp1,iface=e0"])"},
                     {8, R"(routes = ["default via 198.51.100.1", "10.9.0.0/16 via 198.51.100.7",
                                              "203.0.113.0/24"]
rx_checksum = "absent"
mtu = 3498)"}}));
  const Port& port = config.ports.at(0);
  EXPECT_EQ(port.devices, (std::vector<std::string>{"net_af_xdp0,iface=e0,start_queue=0", "net_af_xdp1,iface=e0"}));
  EXPECT_EQ(port.addresses.at(0).to_string(), "198.51.100.2/24");
  ASSERT_EQ(port.routes.size(), 3u);
  EXPECT_EQ(port.routes[0].prefix, (Prefix{IpAddress::v4(0), 0}));
  EXPECT_EQ(port.routes[1].via, IpAddress::v4(0xc6336407));
  EXPECT_TRUE(port.routes[2].via.is_none());
  EXPECT_EQ(port.rx_checksum, RxChecksum::kAbsent);
  EXPECT_EQ(port.mtu, 3498);
  EXPECT_EQ(port.location.line, 3u);
}

TEST(Loader, ReadsNeighborOfPortWithoutException) {
  const Config config = load(document({{6, ""}}, R"([[neighbor]]
port = "edge0"
address = "198.51.100.1"
mac = "02:00:00:00:00:01"
)"));
  ASSERT_EQ(config.neighbors.size(), 1u);
  EXPECT_EQ(config.neighbors[0].mac.to_string(), "02:00:00:00:00:01");
}

TEST(Loader, ReadsListenerKeys) {
  const Config config = load(document({{18, R"(side = "inside"
ports = ["edge0"]
mode = "proxy"
names = ["SIP.Carrier.Example", "198.51.100.99"]
options = "answer-any"
record_route = false
nat = "never"
force_rport = true
outbound = "literal"
outbound_allow = ["0.0.0.0/0"]
hairpin = "balance")"}}));
  const Listener& core = config.listeners.at(1);
  EXPECT_EQ(core.address.to_string(), "10.0.0.1:5060");
  EXPECT_EQ(core.ports, std::vector<std::string>{"edge0"});
  EXPECT_EQ(core.names, (std::vector<std::string>{"sip.carrier.example", "198.51.100.99"}));
  EXPECT_EQ(core.options, OptionsMode::kAnswerAny);
  EXPECT_FALSE(core.record_route);
  EXPECT_EQ(core.nat, NatMode::kNever);
  EXPECT_TRUE(core.force_rport);
  EXPECT_EQ(core.outbound, OutboundMode::kLiteral);
  EXPECT_EQ(core.outbound_allow.at(0).length, 0);
  EXPECT_EQ(core.hairpin, HairpinMode::kBalance);
}

TEST(Loader, ReadsOutboundPool) {
  const Config config = load(document({{18, "side = \"inside\"\noutbound = \"pool sbc\""}}));
  EXPECT_EQ(config.listeners.at(1).outbound, OutboundMode::kPool);
  EXPECT_EQ(config.listeners.at(1).outbound_pool, "sbc");
}

TEST(Loader, BackendPortDefaultsTo5060) {
  EXPECT_EQ(load(document({{24, R"(address = "10.0.0.11")"}})).pools.at(0).backends.at(0).address.port, 5060);
}

TEST(Loader, ReadsBackendKeys) {
  const Config config = load(document({{24, R"(address = "10.0.0.11:5080"
id = "one"
weight = 0
state = "drain"
sources = ["10.0.0.11", "10.0.1.0/28"])"}}));
  const Backend& backend = config.pools.at(0).backends.at(0);
  EXPECT_EQ(backend.id, "one");
  EXPECT_EQ(backend.weight, 0u);
  EXPECT_EQ(backend.state, AdminState::kDrain);
  ASSERT_EQ(backend.sources.size(), 2u);
  EXPECT_EQ(backend.sources[0].length, 32);
}

TEST(Loader, ReportsUnreadableFile) {
  const auto result = load_file("/nonexistent/dialplane.toml");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().at(0).location.line, 0u);
  EXPECT_NE(result.error()[0].text.find("No such file"), std::string::npos);
  EXPECT_TRUE(format_problem("F", result.error()[0]).starts_with("F: error: cannot read it"));
}

TEST(Loader, ReportsFolderInPlaceOfFile) {
  const auto result = load_file("/");
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().at(0).text.find("cannot read it"), std::string::npos);
}

TEST(Loader, FormatsProblemLikeACompiler) {
  EXPECT_EQ(format_problem("a.toml", {{3, 7}, "bad", "do this"}), "a.toml:3:7: error: bad; do this");
}

TEST(Loader, EmptyTextLacksTheThreeSections) {
  const auto result = load_text("");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().size(), 3u);
}

TEST(Loader, ReportsAllProblemsInFileOrder) {
  const auto result = load_text(document({{24, "address = 7"}, {2, "worker_cpus = []"}, {13, "pool = \"abc\""}}));
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 3u);
  EXPECT_EQ(result.error()[0].location.line, 2u);
  EXPECT_EQ(result.error()[1].location.line, 13u);
  EXPECT_EQ(result.error()[2].location.line, 24u);
}

TEST(Loader, ReadsTheLimitsOfEachListener) {
  const Config config =
      load(document({{13,
                      "pool = \"sbc\"\nmax_header_bytes = 20000\nmax_header_rows = 200\nmax_vias = 130\n"
                      "max_call_id_bytes = 300\nmax_body_bytes = 4000"}}));
  const MessageLimits& limits = config.listeners.at(0).limits;
  EXPECT_EQ(limits.header_bytes, 20000);
  EXPECT_EQ(limits.header_rows, 200);
  EXPECT_EQ(limits.vias, 130);
  EXPECT_EQ(limits.call_id_bytes, 300);
  EXPECT_EQ(limits.body_bytes, 4000);
  EXPECT_EQ(config.listeners.at(1).limits.header_bytes, 32768);
  EXPECT_EQ(config.listeners.at(1).limits.vias, 256);
}

TEST(Loader, ReadsTheAddressOfTheMetrics) {
  EXPECT_FALSE(load(document()).control.metrics.has_value());
  const Config config = load(document({}, "[control]\nmetrics = \"127.0.0.1:9494\"\n"));
  ASSERT_TRUE(config.control.metrics.has_value());
  EXPECT_EQ(config.control.metrics->to_string(), "127.0.0.1:9494");
}

TEST(LoaderRefuses, SyntaxError) { expect_problem(document({{5, "device = \"net_null0"}}), 5, 20, "not TOML"); }
TEST(LoaderRefuses, DuplicateKeyOfToml) { expect_problem(document({{5, "name = \"x\""}}), 5, 8, "not TOML"); }
TEST(LoaderRefuses, UnknownSection) {
  expect_problem(document({}, "[[listner]]\n"), 25, 3, "did you mean [[listener]]?");
}
TEST(LoaderRefuses, KeyOutsideItsSection) {
  expect_problem("mtu = 1500\n" + document(), 1, 1, "it belongs in [[port]]");
}
TEST(LoaderRefuses, RepeatedSectionWithSingleBrackets) {
  expect_problem(document({{20, "[pool]"}}), 20, 1, "write it as [[pool]]");
}
TEST(LoaderRefuses, SingleSectionWithDoubleBrackets) {
  expect_problem(document({{1, "[[runtime]]"}}), 1, 1, "write it as [runtime]");
}
TEST(LoaderRefuses, UnknownKeyWithSuggestion) {
  expect_problem(document({{6, "exeption = \"edge0\"\nexception = \"edge0\""}}), 6, 1, "did you mean `exception`?");
}
TEST(LoaderRefuses, KeyOfAnotherSection) {
  expect_problem(document({{6, "exception = \"edge0\"\nhairpin = \"refuse\""}}), 7, 1, "it belongs in [[listener]]");
}
TEST(LoaderRefuses, MissingRequiredKey) { expect_problem(document({{5, ""}}), 3, 1, "[[port]] lacks `device`"); }
TEST(LoaderRefuses, MissingWorkerCpus) { expect_problem(document({{2, ""}}), 1, 1, "lacks `worker_cpus`"); }
TEST(LoaderRefuses, TextInPlaceOfInteger) {
  expect_problem(document({{7, "addresses = [\"198.51.100.2/24\"]\nmtu = \"1500\""}}), 8, 7, "without quotes");
}
TEST(LoaderRefuses, IntegerInPlaceOfText) {
  expect_problem(document({{13, "pool = 7\n"}}), 13, 8, "`pool` is an integer");
}
TEST(LoaderRefuses, TextInPlaceOfBoolean) {
  expect_problem(document({{13, "pool = \"sbc\"\nrecord_route = \"no\""}}), 14, 16, "true or false");
}
TEST(LoaderRefuses, TextInPlaceOfList) {
  expect_problem(document({{14, "inner = \"core\""}}), 14, 9, "give a list of strings");
}
TEST(LoaderRefuses, IntegerInAListOfTexts) {
  expect_problem(document({{7, "addresses = [\"198.51.100.2/24\", 5]"}}), 7, 33, "contains an integer");
}
TEST(LoaderRefuses, FractionInPlaceOfInteger) {
  expect_problem(document({{24, "address = \"10.0.0.11:5060\"\nweight = 1.5"}}), 25, 10, "a number with a fraction");
}
TEST(LoaderRefuses, EmptyWorkerCpus) { expect_problem(document({{2, "worker_cpus = []"}}), 2, 15, "is empty"); }
TEST(LoaderRefuses, NegativeCpu) { expect_problem(document({{2, "worker_cpus = [1, -1]"}}), 2, 19, "out of range"); }
TEST(Loader, KeyIsTheCallIdUnlessSaid) {
  const Config config = load(document());
  EXPECT_EQ(pool_key_text(config.pools.at(0)), "call-id");
}

TEST(Loader, ReadsOneKeyForAllMethods) {
  const Config config = load(document({{21, "name = \"sbc\"\nkey = \"header X-Account\""}}));
  EXPECT_EQ(key_of(config.pools.at(0), "INVITE"), (PlacementKey{KeyField::kHeader, "X-Account"}));
  EXPECT_EQ(pool_key_text(config.pools.at(0)), "header X-Account");
}

TEST(Loader, ReadsKeysByMethod) {
  const Config config = load(document(
      {{21, "name = \"sbc\"\nkey = { default = \"source\", REGISTER = \"to-user\", INVITE = \"request-user\" }"}}));
  const Pool& pool = config.pools.at(0);
  EXPECT_EQ(key_of(pool, "REGISTER").field, KeyField::kToUser);
  EXPECT_EQ(key_of(pool, "INVITE").field, KeyField::kRequestUser);
  EXPECT_EQ(key_of(pool, "MESSAGE").field, KeyField::kSource);
}

TEST(Loader, AckAndCancelHaveTheKeyOfInvite) {
  const Config config = load(document({{21, "name = \"sbc\"\nkey = { INVITE = \"request-user\" }"}}));
  EXPECT_EQ(key_of(config.pools.at(0), "ACK").field, KeyField::kRequestUser);
  EXPECT_EQ(key_of(config.pools.at(0), "CANCEL").field, KeyField::kRequestUser);
}

TEST(LoaderRefuses, TooFewMbufs) {
  expect_problem(document({{2, "worker_cpus = [1]\nmbufs = 1023"}}), 3, 9, "give 1024 to 4000000");
}
TEST(LoaderRefuses, TooLargeMtu) {
  expect_problem(document({{6, "exception = \"edge0\"\nmtu = 9000"}}), 7, 7, "give 576 to 3498");
}
TEST(LoaderRefuses, TooSmallMtu) {
  expect_problem(document({{6, "exception = \"edge0\"\nmtu = 575"}}), 7, 7, "give 576 to 3498");
}
TEST(LoaderRefuses, WeightAboveWhatFits) {
  expect_problem(document({{24, "address = \"10.0.0.11:5060\"\nweight = 4294967296"}}), 25, 10, "give 0 to 4294967295");
}
TEST(LoaderRefuses, UnknownChoice) {
  expect_problem(document({{12, "side = \"outsde\""}, {14, ""}}), 12, 8, "did you mean \"outside\"?");
}
TEST(LoaderRefuses, DirectMode) {
  expect_problem(document({{13, "pool = \"sbc\"\nmode = \"direct\""}}), 14, 8, "direct mode is not supported yet");
}
TEST(LoaderRefuses, UnknownMode) {
  expect_problem(document({{13, "pool = \"sbc\"\nmode = \"prxy\""}}), 14, 8, "did you mean \"proxy\"?");
}
TEST(LoaderRefuses, UnknownPolicy) {
  expect_problem(document({{21, "name = \"sbc\"\npolicy = \"roundrobin\""}}), 22, 10, "did you mean \"round-robin\"?");
}
TEST(LoaderRefuses, SlotsThatAreNoPowerOfTwo) {
  expect_problem(document({{21, "name = \"sbc\"\nslots = 100000"}}), 22, 9, "give 131072");
}
TEST(LoaderRefuses, TierOfAnotherPolicy) {
  expect_problem(document({{24, "address = \"10.0.0.11:5060\"\ntier = 2"}}), 25, 8, "policy = \"priority\"");
}
TEST(Loader, TakesPoliciesThatTheAffinityTableKeepsTogether) {
  for (const char* policy : {"round-robin", "least-calls", "two-choices"}) {
    load(document({{21, "name = \"sbc\"\npolicy = \"" + std::string(policy) + "\""}}));
  }
  EXPECT_EQ(load(document({{21, "name = \"sbc\"\nmax_load_factor = 1.25"}})).pools.at(0).load_permille, 1250U);
}
TEST(Loader, ReadsThePolicy) {
  const Config config = load(document({{21, "name = \"sbc\"\npolicy = \"priority\"\nslots = 1024"},
                                       {24, "address = \"10.0.0.11:5060\"\ntier = 2\nweight = 4294967295"}}));
  const Pool& pool = config.pools.at(0);
  EXPECT_EQ(pool.policy, Policy::kPriority);
  EXPECT_EQ(pool.slots, 1024U);
  EXPECT_EQ(pool.backends.at(0).tier, 2);
  EXPECT_EQ(pool.backends.at(0).weight, 4'294'967'295U);
}
TEST(LoaderRefuses, UnknownKeyField) {
  expect_problem(document({{21, "name = \"sbc\"\nkey = \"form-user\""}}), 22, 7, "did you mean \"from-user\"?");
}
TEST(LoaderRefuses, KeyOfAnUnknownMethod) {
  expect_problem(document({{21, "name = \"sbc\"\nkey = { register = \"to-user\" }"}}), 22, 9, "not a method");
}
TEST(LoaderRefuses, KeyOfCancel) {
  expect_problem(document({{21, "name = \"sbc\"\nkey = { CANCEL = \"to-user\" }"}}), 22, 9, "say it of INVITE");
}
TEST(LoaderRefuses, KeyOfAHeaderWithColon) {
  expect_problem(document({{21, "name = \"sbc\"\nkey = \"header X-Account:\""}}), 22, 7, "without a colon");
}
TEST(LoaderRefuses, KeyThatIsANumber) {
  expect_problem(document({{21, "name = \"sbc\"\nkey = 1"}}), 22, 7, "a table of strings by method");
}
TEST(LoaderRefuses, KeyTableWithANumber) {
  expect_problem(document({{21, "name = \"sbc\"\nkey = { default = 1 }"}}), 22, 19, "a table of strings by method");
}
TEST(LoaderRefuses, NameWithBlank) { expect_problem(document({{23, "name = \"sbc 1\""}}), 23, 8, "is not a name"); }
TEST(LoaderRefuses, ListenerAddressWithoutTransport) {
  expect_problem(document({{11, "address = \"198.51.100.10:5060\""}}), 11, 11, "does not start with a transport");
}
TEST(LoaderRefuses, TcpListener) {
  expect_problem(document({{11, "address = \"tcp:198.51.100.10:5060\""}}), 11, 11, "transport is not supported yet");
}
TEST(LoaderRefuses, Ipv6ListenerWithoutBrackets) {
  expect_problem(document({{11, "address = \"udp:2001:db8::10:5060\""}}), 11, 11, "is not an address and port");
}
TEST(LoaderRefuses, Ipv6LoopbackBackend) {
  expect_problem(document({{24, "address = \"[::1]:5060\""}}), 24, 11, "loopback");
}
TEST(LoaderRefuses, LinkLocalBackend) {
  expect_problem(document({{24, "address = \"[fe80::11]:5060\""}}), 24, 11, "is a link-local address");
}
TEST(LoaderRefuses, Ipv6PrefixWithHostBits) {
  expect_problem(document({{24, "address = \"10.0.0.11:5060\"\nsources = [\"2001:db8::11/64\"]"}}), 25, 12,
                 "did you mean \"2001:db8::/64\"?");
}
TEST(LoaderRefuses, RouteOfOneFamilyViaTheOther) {
  expect_problem(document({{8, "routes = [\"2001:db8:1::/48 via 198.51.100.1\"]"}}), 8, 11,
                 "give a gateway of the address family of the prefix");
}
TEST(LoaderRefuses, RouteWithoutItsGateway) {
  expect_problem(document({{8, "routes = [\"10.9.0.0/16 via \"]"}}), 8, 11, "is not a route");
}
TEST(LoaderRefuses, ATextAmongWorkerCpus) {
  expect_problem(document({{2, "worker_cpus = [1, \"2\"]"}}), 2, 19, "`worker_cpus` contains a string");
}
TEST(LoaderRefuses, AnInstanceNamedLikeAFolder) {
  expect_problem(document({{2, "worker_cpus = [1]\nname = \"..\""}}), 3, 8, "not dots alone");
}
TEST(LoaderRefuses, Ipv6WithoutBracketsAndSaysHow) {
  expect_problem(document({{11, "address = \"udp:2001:db8::10:5060\""}}), 11, 11, "\"udp:[2001:db8::10]:5060\"");
}
TEST(LoaderRefuses, AKeyOfHealthInThePoolAndSaysWhere) {
  expect_problem(document({{21, "name = \"sbc\"\nprobe = \"none\""}}), 22, 1, "it belongs in [pool.health]");
}
TEST(LoaderRefuses, Ipv6GatewayOffLink) {
  expect_problem(document({{8, "routes = [\"default via 2001:db8::1\"]"}}), 8, 11, "is not on a network of port");
}
TEST(LoaderRefuses, Ipv6AddressAsName) {
  expect_problem(document({{13, "pool = \"sbc\"\nnames = [\"[2001:db8::10]\"]"}}), 14, 10, "leave it out");
}
TEST(LoaderRefuses, LoopbackBackend) {
  expect_problem(document({{24, "address = \"127.0.0.1:5060\""}}), 24, 11, "loopback");
}
TEST(LoaderRefuses, HostNameInPlaceOfBackendAddress) {
  expect_problem(document({{24, "address = \"sbc1.example:5060\""}}), 24, 11, "is not an address and port");
}
TEST(LoaderRefuses, BackendPortZero) {
  expect_problem(document({{24, "address = \"10.0.0.11:0\""}}), 24, 11, "is not an address and port");
}
TEST(LoaderRefuses, PrefixWithHostBits) {
  expect_problem(document({{24, "address = \"10.0.0.11:5060\"\nsources = [\"10.0.1.5/24\"]"}}), 25, 12,
                 "did you mean \"10.0.1.0/24\"?");
}
TEST(LoaderRefuses, InterfaceAddressWithoutLength) {
  expect_problem(document({{7, "addresses = [\"198.51.100.2\", \"198.51.100.3/24\"]"}}), 7, 14, "with its length");
}
TEST(LoaderRefuses, DefaultRouteWithoutGateway) {
  expect_problem(document({{8, "routes = [\"default\"]"}}), 8, 11, "is not a route");
}
TEST(LoaderRefuses, RouteWithForeignWords) {
  expect_problem(document({{8, "routes = [\"198.51.100.0/24 dev edge0\"]"}}), 8, 11, "is not a route");
}
TEST(LoaderRefuses, LongInterfaceName) {
  expect_problem(document({{6, "exception = \"interface-name-x\""}}), 6, 13, "1 to 15");
}
TEST(LoaderRefuses, MulticastNeighborMac) {
  expect_problem(
      document({}, "[[neighbor]]\nport = \"edge0\"\naddress = \"198.51.100.1\"\nmac = \"01:00:5e:00:00:01\"\n"), 28, 7,
      "not a unicast Ethernet address");
}
TEST(LoaderRefuses, KeyWithoutFileScheme) {
  expect_problem(document({}, "[keys]\nplacement = \"/etc/dialplane/placement.key\"\n"), 26, 13, "file:/etc/dialplane");
}
TEST(LoaderRefuses, EmptyTokenList) { expect_problem(document({}, "[keys]\ntokens = []\n"), 26, 10, "is empty"); }
TEST(LoaderRefuses, RelativeStateDir) {
  expect_problem(document({{2, "worker_cpus = [1]\nstate_dir = \"state\""}}), 3, 13, "not an absolute path");
}
TEST(LoaderRefuses, LongSocketPath) {
  expect_problem(document({}, "[control]\nsocket = \"/" + std::string(107, 'a') + "\"\n"), 26, 10, "at most 107");
}
TEST(LoaderRefuses, HostNameWithPort) {
  expect_problem(document({{13, "pool = \"sbc\"\nnames = [\"sip.example:5060\"]"}}), 14, 10, "without scheme or port");
}
TEST(LoaderRefuses, MisspelledOutbound) {
  expect_problem(document({{18, "side = \"inside\"\noutbound = \"allow\""}}), 19, 12, "cannot be \"allow\"");
}
TEST(LoaderRefuses, MetricsWithoutPort) {
  expect_problem(document({}, "[control]\nmetrics = \"127.0.0.1\"\n"), 26, 11, "\"127.0.0.1:9494\"");
}
TEST(LoaderRefuses, MetricsOnAName) {
  expect_problem(document({}, "[control]\nmetrics = \"localhost:9494\"\n"), 26, 11, "not an IPv4 address with a port");
}
TEST(LoaderRefuses, HeaderBytesBeyondTheIndex) {
  expect_problem(document({{13, "pool = \"sbc\"\nmax_header_bytes = 32769"}}), 14, 20, "give 1024 to 32768");
}
TEST(LoaderRefuses, ASingleVia) {
  expect_problem(document({{13, "pool = \"sbc\"\nmax_vias = 1"}}), 14, 12, "give 2 to 256");
}
TEST(LoaderRefuses, UnknownSecondInnerListener) {
  expect_problem(document({{14, "inner = [\"core\", \"core6\"]"}}), 14, 18, "there is no listener \"core6\"");
}

}  // namespace
}  // namespace dialplane::config
