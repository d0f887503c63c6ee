// SPDX-License-Identifier: Apache-2.0
// Reads the list of disagreements.
#include "disagreements.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace dialplane::oracle {
namespace {

constexpr std::size_t kColumns = 8;

/// Undoes \t, \r, \n and \\.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char next = text[++i];
    plain += next == 't' ? '\t' : next == 'r' ? '\r' : next == 'n' ? '\n' : next;
  }
  return plain;
}

Field find_field(const std::string& name) {
  const auto* const found = std::find(kFieldNames.begin(), kFieldNames.end(), name);
  if (found == kFieldNames.end()) throw std::runtime_error("no such field: " + name);
  return static_cast<Field>(found - kFieldNames.begin());
}

Disagreement read_line(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream cells(line);
  for (std::string cell; std::getline(cells, cell, '\t');) columns.push_back(unescape(cell));
  const bool complete = columns.size() == kColumns && !columns[kColumns - 1].empty();
  if (!complete) throw std::runtime_error("not " + std::to_string(kColumns) + " columns: " + line);
  if (columns[1] != "osip" && columns[1] != "sofia") throw std::runtime_error("no such parser: " + columns[1]);
  return {columns[0],
          columns[1] == "osip" ? Oracle::kOsip : Oracle::kSofia,
          find_field(columns[2]),
          columns[3],
          columns[4],
          columns[5],
          columns[6],
          columns[7]};
}

}  // namespace

std::vector<Disagreement> read_disagreements() {
  std::ifstream file(DP_DISAGREEMENTS);
  std::vector<Disagreement> list;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) list.push_back(read_line(line));
  if (list.empty()) throw std::runtime_error("nothing in " DP_DISAGREEMENTS);
  return list;
}

std::string message_with(const std::string& row) {
  std::string message = "SIP/2.0 200 OK\r\n";
  for (const std::string_view usual :
       {"Via: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKone", "From: <sip:a@example.com>;tag=f1",
        "To: <sip:b@example.com>;tag=t1", "Call-ID: c1@192.0.2.4", "CSeq: 1 INVITE", "Content-Length: 0"}) {
    const auto name = usual.substr(0, usual.find(':') + 1);
    message += row.compare(0, name.size(), name) == 0 ? std::string_view(row) : usual;
    message += "\r\n";
  }
  return message + "\r\n";
}

}  // namespace dialplane::oracle
