// SPDX-License-Identifier: Apache-2.0
// Every torture message, whole and cut after every byte, against the action its index names. Test thread.
#include "guarded_buffer.hpp"
#include "messages.hpp"

#include "dialplane/sip/response.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace dialplane::sip {
namespace {

struct Case {
  std::string name;
  std::string file;
  std::string action;
  std::string alternative;
  std::size_t size = 0;
};

std::string read_file(const std::string& path) {
  std::ifstream in(std::string(DP_TORTURE_FOLDER) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Case> read_index() {
  std::vector<Case> cases;
  std::istringstream index(read_file("index.tsv"));
  std::string line;
  std::getline(index, line);
  while (std::getline(index, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '\t');) cells.push_back(cell);
    if (cells.size() >= 8) cases.push_back({cells[0], cells[1], cells[4], cells[5], std::stoul(cells[7])});
  }
  return cases;
}

/// What a proxy must do with the message as far as the two checks alone decide it.
std::string decide(std::string_view datagram) {
  const auto parsed = std::make_unique<Parsed>(datagram);
  const auto& message = parsed->message;
  if (parsed->fault != Fault::kNone) {
    const bool answerable = message.is_request && message.method != Method::kAck && parsed->facts.has_via &&
                            message.headers_end != 0 && fault_status(parsed->fault) != 0;
    return answerable ? "answer " + std::to_string(fault_status(parsed->fault)) : "drop";
  }
  if (!message.is_request) return "response";
  const bool spent = parsed->facts.has_max_forwards && parsed->facts.max_forwards == 0;
  if (!spent) return "forward";
  return message.method == Method::kAck ? "drop" : "answer 483";
}

/// Cases whose action needs more than the two checks, with what the checks alone give and why.
const std::map<std::string, std::string>& exceptions() {
  static const std::map<std::string, std::string> table = {
      // Which names are ours is configuration: the caller answers OPTIONS addressed to itself.
      {"x-options-vip", "forward"},
      {"x-options-vip-scanner", "forward"},
  };
  return table;
}

bool as_wanted(const Case& c, const std::string& decision) {
  if (const auto found = exceptions().find(c.name); found != exceptions().end()) return decision == found->second;
  if (decision == c.action) return true;
  // "forward with … removed" would need an edit that nobody makes.
  if (!c.alternative.starts_with("forward with ") && c.alternative.starts_with(decision)) return true;
  // The top Via of a response is judged by whoever knows our addresses; here it only has to be known as a response.
  if (c.action == "drop" && decision == "response") return true;
  return c.action == "answer STUN" && decision == "drop";
}

TEST(Torture, EveryMessageIsDecidedAsItsIndexSays) {
  const auto cases = read_index();
  ASSERT_GE(cases.size(), 110U);
  for (const auto& c : cases) {
    const auto bytes = read_file(c.file);
    ASSERT_EQ(bytes.size(), c.size) << c.name;
    const auto decision = decide(bytes);
    EXPECT_TRUE(as_wanted(c, decision)) << c.name << ": wanted " << c.action << " (or " << c.alternative << "), got "
                                        << decision;
  }
}

TEST(Torture, EveryFileOfTheFolderIsInTheIndex) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(DP_TORTURE_FOLDER)) {
    files += entry.path().extension() == ".dat" ? 1 : 0;
  }
  EXPECT_EQ(files, read_index().size());
}

TEST(Torture, NoPrefixReadsPastItsEnd) {
  const auto message = std::make_unique<Message>();
  Facts facts;
  for (const auto& c : read_index()) {
    const auto bytes = read_file(c.file);
    // Past the header section a cut changes nothing that is read, so the longest files need not be cut everywhere.
    const auto longest = std::min<std::size_t>(bytes.size(), 4096);
    test::GuardedBuffer buffer(longest);
    for (std::size_t length = 0; length <= longest; ++length) {
      const auto room = buffer.last(length);
      std::copy_n(bytes.begin(), length, room.begin());
      scan({reinterpret_cast<const char*>(room.data()), length}, *message);
      validate(*message, facts);
      ASSERT_LE(message->body_end, length) << c.name;
      ASSERT_LE(message->headers_end, length) << c.name;
    }
  }
}

TEST(Torture, APrefixOfTheHeaderSectionIsNeverForwarded) {
  for (const auto& c : read_index()) {
    const auto bytes = read_file(c.file);
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos || end > 4096) continue;
    const auto message = std::make_unique<Message>();
    for (std::size_t length = 0; length < end + 4; ++length) {
      ASSERT_NE(scan(std::string_view(bytes).substr(0, length), *message), Fault::kNone)
          << c.name << " cut at " << length;
    }
  }
}

TEST(Torture, AnswersToDamagedMessagesAreWellFormed) {
  std::mt19937 random(20240608);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  const auto message = std::make_unique<Message>();
  const auto answer_index = std::make_unique<Message>();
  std::vector<char> answer(8192);
  std::size_t answered = 0;
  for (const auto& c : read_index()) {
    const auto bytes = read_file(c.file);
    if (bytes.empty() || bytes.size() > answer.size() / 2) continue;
    for (int round = 0; round < 300; ++round) {
      auto damaged = bytes;
      for (std::size_t i = 0; i <= below(4); ++i)
        damaged[below(damaged.size())] = "\r\n\t\0 :;,\"<>\\@[]=a9\x01"[below(19)];
      const test::GuardedBuffer buffer(damaged);
      scan(buffer.text(), *message);
      Facts facts;
      validate(*message, facts);
      const ResponseSpec spec{.status = 400,
                              .reason = "Bad Request",
                              .to_tag = "d1",
                              .extra_rows = {},
                              .source = *Endpoint::parse("192.0.2.77:40000")};
      const auto length = write_response(answer, *message, facts, spec);
      if (length == 0) continue;
      ++answered;
      const std::string_view text(answer.data(), length);
      ASSERT_EQ(scan(text, *answer_index), Fault::kNone) << c.name << "\n" << text;
      ASSERT_FALSE(answer_index->is_request);
    }
  }
  EXPECT_GT(answered, 5000U);
}

}  // namespace
}  // namespace dialplane::sip
