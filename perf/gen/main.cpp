// SPDX-License-Identifier: Apache-2.0
// dialplane-gen: SIP traffic into a capture file or through a DPDK port. Command line only; run.cpp does the work.
#include "corpus.hpp"
#include "pcap_file.hpp"
#include "report.hpp"
#include "run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace dialplane;
using namespace dialplane::gen;

enum ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2 };

/// Corpus options as they stand on the command line.
struct CorpusWords {
  std::string profile = "mixed";
  std::uint64_t seed = 1;
  std::uint32_t messages = 4096;
  std::uint32_t bytes = 0;
  std::uint32_t responses = 0;
  std::string mix;
  std::string service = "198.51.100.10:5060";
  std::string sources = "192.0.2.0/24";
  std::uint16_t source_port = 0;
  std::string source_mac = "02:00:00:00:00:01";
  std::string destination_mac = "02:00:00:00:00:02";
  std::uint16_t mtu = 1500;
};

void add_corpus_options(CLI::App& app, CorpusWords& words) {
  app.add_option("--profile", words.profile, "what to send")
      ->check(CLI::IsMember({"invite", "options", "mixed", "malformed", "fragments", "fragment-flood"}))
      ->capture_default_str();
  app.add_option("--seed", words.seed, "equal seeds give equal bytes")->capture_default_str();
  app.add_option("--messages", words.messages, "different messages")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--bytes", words.bytes, "size of every message (default: the profile's)")->check(CLI::Range(0, 8000));
  app.add_option("--responses", words.responses, "mixed: responses among 100 messages")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  app.add_option("--mix", words.mix, "mixed: weights, as INVITE=20,BYE=20,REGISTER=60");
  app.add_option("--service", words.service, "where to: ADDRESS:PORT of the listener")->capture_default_str();
  app.add_option("--sources", words.sources, "prefix over which clients are spread")->capture_default_str();
  app.add_option("--source-port", words.source_port, "port of every client (default: 5060 or a high one)");
  app.add_option("--source-mac", words.source_mac)->capture_default_str();
  app.add_option("--destination-mac", words.destination_mac)->capture_default_str();
  app.add_option("--mtu", words.mtu, "larger datagrams are sent in fragments")
      ->capture_default_str()
      ->check(CLI::Range(576, 1500));
}

Result<CorpusOptions> read_corpus_options(const CorpusWords& words) {
  CorpusOptions options;
  const auto service = Endpoint::parse(words.service, 5060);
  const auto sources = Prefix::parse(words.sources);
  const auto source_mac = MacAddress::parse(words.source_mac);
  const auto destination_mac = MacAddress::parse(words.destination_mac);
  if (!service) return fail(fmt::format("--service: '{}' is not ADDRESS:PORT", words.service));
  if (!sources) return fail(fmt::format("--sources: '{}' is not a prefix such as 192.0.2.0/24", words.sources));
  if (!source_mac) return fail(fmt::format("--source-mac: '{}' is no Ethernet address", words.source_mac));
  if (!destination_mac)
    return fail(fmt::format("--destination-mac: '{}' is no Ethernet address", words.destination_mac));
  if (!words.mix.empty()) {
    const auto weights = parse_weights(words.mix);
    if (!weights) return fail("--mix: " + weights.error().text);
    options.weights = *weights;
  }
  options.profile = *parse_profile(words.profile);
  options.seed = words.seed;
  options.messages = words.messages;
  options.bytes = words.bytes;
  options.response_percent = words.responses;
  options.service = *service;
  options.sources = *sources;
  options.source_port = words.source_port;
  options.source_mac = *source_mac;
  options.destination_mac = *destination_mac;
  options.mtu = words.mtu;
  return options;
}

void add_run_options(CLI::App& app, RunOptions& options, std::string& memory, std::string& json) {
  app.add_option("--seconds", options.seconds, "how long")->capture_default_str()->check(CLI::Range(0.001, 86400.0));
  app.add_option("--main-cpu", options.main_cpu, "CPU of the waiting thread")->capture_default_str();
  app.add_option("--memory", memory, "where packet buffers live")
      ->capture_default_str()
      ->check(CLI::IsMember({"hugepages", "none"}));
  app.add_option("--buffers", options.buffers, "packet buffers")
      ->capture_default_str()
      ->check(CLI::Range(2048, 1 << 20));
  app.add_option("--json", json, "write the report to this file; - for standard output instead of the text");
  app.add_flag("--live", options.live, "a line a second on standard error");
  app.add_option("--eal", options.eal, "one more argument for DPDK; may be repeated");
}

int complain(const Error& error) {
  std::cerr << "dialplane-gen: " << error.text << '\n';
  return kFailed;
}

int print_report(const Report& report, const std::string& json) {
  if (json == "-") {
    std::cout << format_json(report);
    return kDone;
  }
  std::cout << format_text(report);
  if (json.empty()) return kDone;
  std::ofstream file(json, std::ios::trunc);
  file << format_json(report);
  file.close();
  if (!file) return complain({"cannot write " + json});
  return kDone;
}

int write_corpus(const CorpusWords& words, const std::string& path) {
  const auto options = read_corpus_options(words);
  if (!options) return complain(options.error());
  const auto corpus = Corpus::build(*options);
  if (!corpus) return complain(corpus.error());
  PcapFile file;
  for (std::size_t i = 0; i < corpus->size(); ++i) file.add(corpus->frame(i).bytes);
  if (const auto saved = file.save(path); !saved) return complain(saved.error());
  std::cout << fmt::format(
      "{}: {} frames of {} messages, {:.0f} bytes on average ({}, seed {})\n", path, corpus->size(), options->messages,
      static_cast<double>(corpus->total_bytes()) / static_cast<double>(corpus->size()), words.profile, words.seed);
  return kDone;
}

int run_ports(RunOptions options, const CorpusWords& words, const std::string& json) {
  const auto corpus = read_corpus_options(words);
  if (!corpus) return complain(corpus.error());
  options.mtu = words.mtu;
  const auto report = run_traffic(options, *corpus);
  if (!report) return complain(report.error());
  return print_report(*report, json);
}

int run_command_line(int argc, char** argv) {
  CLI::App app{"SIP traffic generator: renders messages from a seed, sends them by the clock, counts what comes back."};
  app.require_subcommand(1);
  CorpusWords words;
  RunOptions options;
  std::string path;
  std::string memory = "none";
  std::string json;
  bool no_receive = false;

  auto* corpus = app.add_subcommand("corpus", "write the messages into a capture file (for net_pcap)");
  corpus->add_option("--out", path, "file to write")->required();
  add_corpus_options(*corpus, words);

  auto* run = app.add_subcommand("run", "send through a DPDK port and measure loss and latency");
  run->add_option("--tx", options.tx, "device: net_af_xdp0,iface=eth1 or net_memif0,role=client or a PCI address")
      ->required();
  run->add_option("--rx", options.rx, "device to receive on (default: the same)");
  run->add_flag("--no-rx", no_receive, "do not receive");
  run->add_option("--rate", options.rate, "frames per second, 0: as fast as the port takes them")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  run->add_option("--frames", options.frames, "stop after so many frames");
  run->add_option("--drain", options.drain_seconds, "seconds to wait for the last answers")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 60.0));
  run->add_option("--cpus", options.cpus, "CPU of the loop, or CPUs of sender and receiver")
      ->delimiter(',')
      ->expected(1, 2)
      ->capture_default_str();
  add_corpus_options(*run, words);
  add_run_options(*run, options, memory, json);

  auto* sink = app.add_subcommand("sink", "only receive and count, stamps of any run");
  sink->add_option("--rx", options.rx, "device to receive on")->required();
  sink->add_option("--cpu", options.cpus, "CPU of the loop")->expected(1)->capture_default_str();
  add_run_options(*sink, options, memory, json);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  if (corpus->parsed()) return write_corpus(words, path);
  if (options.cpus.size() == 2 && options.cpus[0] == options.cpus[1]) options.cpus.pop_back();
  options.receive = !no_receive;
  options.hugepages = memory == "hugepages";
  return run_ports(options, words, json);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "dialplane-gen: " << error.what() << '\n';
    return kFailed;
  }
}
