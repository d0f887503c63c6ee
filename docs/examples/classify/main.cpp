// SPDX-License-Identifier: Apache-2.0
// dialplane-classify: says of every SIP message in a capture or text file what it is and whether a proxy may forward
// it. Shows how to use libdialplane-sip. One thread.
#include "capture.hpp"

#include <dialplane/sip/fields.hpp>
#include <dialplane/sip/scanner.hpp>
#include <dialplane/sip/start_line.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

namespace classify {
namespace {

namespace sip = dialplane::sip;

constexpr const char* kUsage = R"(usage: dialplane-classify [--crlf] [--marker LINE] FILE

FILE is a capture (pcap or pcapng; every UDP datagram counts as a message) or a text file with SIP messages.
  --marker LINE  the line that stands between two messages of a text file (default: %%)
  --crlf         ends every line of a text file by CR LF, for files that an editor wrote
)";

struct Options {
  std::string file;
  std::string marker = "%%";
  bool crlf = false;
};

/// Bytes a terminal should not see become \xNN.
std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      out += c;
    } else if (byte == ' ') {
      out += ' ';
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]};
    }
  }
  return out.empty() ? "-" : out;
}

/// Judges messages one after the other and counts them. A Message is large, so one serves for all.
class Classifier {
 public:
  void take(std::string_view datagram, const std::string& where) {
    auto fault = sip::scan(datagram, message_);
    // Also after a fault: whatever could be indexed is read, and the first fault stays the reason.
    const auto second = sip::validate(message_, facts_);
    if (fault == sip::Fault::kNone) fault = second;
    ++messages_;
    ++faults_[std::string(sip::fault_name(fault))];
    ++kinds_[kind(fault)];
    print(fault, where);
  }

  void print_summary() const {
    std::cout << "\n" << messages_ << " messages\n";
    for (const auto& [name, count] : kinds_) std::cout << "  " << name << " " << count << "\n";
    std::cout << "faults\n";
    for (const auto& [name, count] : faults_) std::cout << "  " << name << " " << count << "\n";
  }

 private:
  /// The method of a request; that of the request a response answers, with the class of its status.
  [[nodiscard]] std::string kind(sip::Fault fault) const {
    if (fault == sip::Fault::kNotSip) return "not SIP";
    if (message_.is_request) return std::string(sip::method_name(message_.method));
    return std::to_string(message_.status / 100) + "xx to " + std::string(sip::method_name(message_.method));
  }

  void print(sip::Fault fault, const std::string& where) const {
    std::cout << "#" << messages_ << where << " ";
    if (const auto request = sip::request_line(message_)) {
      std::cout << printable(request->method) << " " << printable(request->uri);
    } else if (const auto status = sip::status_line(message_)) {
      std::cout << status->status << " " << printable(status->reason);
    } else {
      std::cout << "?";
    }
    std::cout << "\n";
    if (fault != sip::Fault::kNotSip) {
      const auto& via = facts_.via;
      std::cout << "  call-id=" << printable(facts_.call_id) << "\n  cseq=" << facts_.cseq.number << " "
                << printable(facts_.cseq.method) << "\n  via=" << printable(via.host) << ":" << via.port_or_default()
                << " transport=" << printable(via.transport) << " branch=" << printable(via.branch)
                << "\n  from-tag=" << printable(facts_.from_tag) << " to-tag=" << printable(facts_.to_tag) << "\n";
    }
    std::cout << "  fault=" << sip::fault_name(fault) << ": " << sip::fault_sentence(fault) << "\n";
  }

  sip::Message message_;
  sip::Facts facts_;
  std::size_t messages_ = 0;
  std::map<std::string, std::size_t> kinds_;
  std::map<std::string, std::size_t> faults_;
};

std::string end_lines_by_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

/// Takes every message of a text file; a file without the marker is one message.
void read_text(std::string_view file, const Options& options, Classifier& classifier) {
  std::size_t begin = 0;
  std::size_t line = 0;
  const auto take = [&](std::size_t end) {
    const auto text = file.substr(begin, end - begin);
    classifier.take(options.crlf ? end_lines_by_crlf(text) : text, "");
  };
  while (line < file.size()) {
    const auto feed = std::min(file.find('\n', line), file.size());
    auto content = file.substr(line, feed - line);
    if (content.ends_with('\r')) content.remove_suffix(1);
    const auto next = std::min(feed + 1, file.size());
    if (content == options.marker) {
      take(line);
      begin = next;
    }
    line = next;
  }
  if (begin < file.size() || begin == 0) take(file.size());
}

bool read_options(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--crlf") {
      options.crlf = true;
    } else if (word == "--marker" && i + 1 < count) {
      options.marker = words[++i];
    } else if (!word.starts_with("-") && options.file.empty()) {
      options.file = word;
    } else {
      return false;
    }
  }
  return !options.file.empty();
}

int run(int count, char** words) {
  Options options;
  if (!read_options(count, words, options)) {
    std::cerr << kUsage;
    return 2;
  }
  std::ifstream in(options.file, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    std::cerr << "dialplane-classify: cannot read " << options.file << "\n";
    return 1;
  }
  const auto classifier = std::make_unique<Classifier>();
  const auto capture = read_capture(file, [&classifier](const Datagram& datagram) {
    classifier->take(datagram.payload, " " + datagram.source.to_string() + " > " + datagram.destination.to_string());
  });
  if (!capture) read_text(file, options, *classifier);
  classifier->print_summary();
  if (!capture) return 0;
  std::cout << "capture\n  frames " << capture->frames << "\n  datagrams " << capture->datagrams << "\n  fragments "
            << capture->fragments << "\n  others " << capture->others << "\n";
  if (capture->complete) return 0;
  std::cerr << "dialplane-classify: the capture ends in the middle of a record\n";
  return 1;
}

}  // namespace
}  // namespace classify

int main(int count, char** words) {
  try {
    return classify::run(count, words);
  } catch (const std::exception& problem) {
    std::cerr << "dialplane-classify: " << problem.what() << "\n";
    return 1;
  }
}
