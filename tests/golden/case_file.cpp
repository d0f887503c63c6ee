// SPDX-License-Identifier: Apache-2.0
// Reads and writes golden case files. Test code; one thread.
#include "case_file.hpp"

#include <fmt/core.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace dialplane::golden {
namespace {

/// A `== HEAD` line and what follows up to the next one.
struct Section {
  std::string head;
  std::string body;
  std::size_t line = 0;
};

struct Parsed {
  std::string preamble;  ///< comments before the first section
  std::vector<Section> sections;
};

Parsed split(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  Parsed parsed;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("== ")) {
      parsed.sections.push_back({line.substr(3), "", number});
    } else if (parsed.sections.empty()) {
      parsed.preamble += line + "\n";
    } else {
      parsed.sections.back().body += line + "\n";
    }
  }
  return parsed;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

[[noreturn]] void fail_at(const std::string& path, const Section& section, const std::string& what) {
  throw std::runtime_error(fmt::format("{}:{}: {}", path, section.line, what));
}

/// A line feed ends a line of the message with CRLF; the file's last line feed is the section's own.
std::vector<std::uint8_t> message_bytes(const std::string& body) {
  std::vector<std::uint8_t> bytes;
  for (const char c : body) {
    if (c == '\n') bytes.push_back('\r');
    bytes.push_back(static_cast<std::uint8_t>(c));
  }
  return bytes;
}

/// C escapes; line feeds of the file do not count.
std::vector<std::uint8_t> escaped_bytes(const std::string& body) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\n') continue;
    if (body[i] != '\\' || i + 1 == body.size()) {
      bytes.push_back(static_cast<std::uint8_t>(body[i]));
      continue;
    }
    const char kind = body[++i];
    if (kind == 'x') {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(body.substr(i + 1, 2), nullptr, 16)));
      i += 2;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(kind == 'r' ? '\r' : kind == 'n' ? '\n' : kind));
    }
  }
  return bytes;
}

std::vector<std::uint8_t> hex_bytes(const std::string& body) {
  std::vector<std::uint8_t> bytes;
  for (const auto& word : words_of(body)) {
    for (std::size_t i = 0; i + 1 < word.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(word.substr(i, 2), nullptr, 16)));
    }
  }
  return bytes;
}

CasePacket read_packet(const std::string& path, const Section& section, const std::vector<std::string>& words) {
  CasePacket packet;
  if (words.size() >= 3 && words[2] == "frame") {
    packet.port = words[1];
    packet.frame = hex_bytes(section.body);
    return packet;
  }
  if (words.size() < 5 || words[3] != ">") fail_at(path, section, "expected: PORT SOURCE > DESTINATION [options]");
  const auto source = Endpoint::parse(words[2]);
  const auto destination = Endpoint::parse(words[4]);
  if (!source || !destination) fail_at(path, section, "not an ADDRESS:PORT");
  packet.port = words[1];
  packet.source = *source;
  packet.destination = *destination;
  packet.payload = message_bytes(section.body);
  for (std::size_t i = 5; i < words.size(); ++i) {
    if (words[i] == "escaped") {
      packet.payload = escaped_bytes(section.body);
    } else if (words[i] == "bad-checksum") {
      packet.bad_checksum = true;
    } else if (words[i].starts_with("room=")) {
      packet.room_bytes = std::stoul(words[i].substr(5));
    } else {
      fail_at(path, section, "unknown option " + words[i]);
    }
  }
  return packet;
}

void read_counters(const std::string& path, const Section& section, Case& result) {
  std::istringstream in(section.body);
  std::string line;
  while (std::getline(in, line)) {
    const auto words = words_of(line);
    if (words.empty()) continue;
    if (words.size() != 2) fail_at(path, section, "expected: NAME COUNT");
    result.counters[words[0]] = std::stoull(words[1]);
  }
}

/// A message as lines of text, if reading those lines gives the same bytes again.
std::optional<std::string> plain_payload(const std::vector<std::uint8_t>& payload) {
  std::string text;
  for (const auto byte : payload) {
    const bool control = byte < 0x20 && byte != '\r' && byte != '\n' && byte != '\t';
    if (control || byte >= 0x7f) return std::nullopt;
    if (byte != '\r') text += static_cast<char>(byte);
  }
  if (!text.ends_with('\n') || message_bytes(text) != payload) return std::nullopt;
  return text;
}

/// C escapes, with a line feed of the file after each of the payload.
std::string escaped_payload(const std::vector<std::uint8_t>& payload) {
  std::string text;
  for (const auto byte : payload) {
    if (byte == '\r') {
      text += "\\r";
    } else if (byte == '\n') {
      text += "\\n\n";
    } else if (byte == '\\') {
      text += "\\\\";
    } else if (byte < 0x20 || byte >= 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += static_cast<char>(byte);
    }
  }
  return text.ends_with('\n') ? text : text + "\n";
}

}  // namespace

Case read_case(const std::string& path) {
  const auto parsed = split(path);
  Case result;
  result.title = parsed.preamble.substr(0, parsed.preamble.find('\n'));
  for (const auto& section : parsed.sections) {
    const auto words = words_of(section.head);
    if (words.empty()) fail_at(path, section, "a section needs a name");
    if (words[0] == "config") {
      result.config = section.body;
    } else if (words[0] == "in") {
      result.steps.push_back({read_packet(path, section, words), {}});
    } else if (words[0] == "out") {
      if (result.steps.empty()) fail_at(path, section, "out before any in");
      result.steps.back().out.push_back(read_packet(path, section, words));
    } else if (words[0] == "punt") {
      if (result.steps.empty() || words.size() != 2) fail_at(path, section, "expected: punt LANE, after an in");
      CasePacket packet;
      packet.punt_lane = words[1];
      result.steps.back().out.push_back(packet);
    } else if (words[0] == "counters") {
      read_counters(path, section, result);
    } else {
      fail_at(path, section, "unknown section " + words[0]);
    }
  }
  return result;
}

std::string render_case(const std::string& path, const Case& result) {
  const auto parsed = split(path);
  std::string text = parsed.preamble;
  std::size_t step = 0;
  const auto put_outputs = [&] {
    if (step == 0) return;
    for (const auto& packet : result.steps[step - 1].out) {
      if (!packet.punt_lane.empty()) {
        text += fmt::format("== punt {}\n", packet.punt_lane);
      } else {
        const auto plain = plain_payload(packet.payload);
        text += fmt::format("== out {} {} > {}{}\n{}", packet.port, packet.source.to_string(),
                            packet.destination.to_string(), plain ? "" : " escaped",
                            plain ? *plain : escaped_payload(packet.payload));
      }
    }
  };
  for (const auto& section : parsed.sections) {
    const auto name = words_of(section.head).at(0);
    if (name == "counters" || name == "out" || name == "punt") continue;
    if (name == "in") {
      put_outputs();
      ++step;
    }
    text += "== " + section.head + "\n" + section.body;
  }
  put_outputs();
  text += "== counters\n";
  for (const auto& [name, count] : result.counters) text += fmt::format("{} {}\n", name, count);
  return text;
}

}  // namespace dialplane::golden
