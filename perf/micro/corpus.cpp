// SPDX-License-Identifier: Apache-2.0
// Takes the messages dialplane-gen would send, without their frames, checks them and lays them out.
#include "corpus.hpp"

#include "../gen/corpus.hpp"
#include "../gen/prng.hpp"

#include "dialplane/net/frame_edit.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_set>

namespace dialplane::micro {
namespace {

constexpr std::size_t kHotMessages = 4096;
constexpr std::size_t kColdMessages = 65536;
constexpr std::size_t kInviteBytes = 860;
constexpr std::size_t kMinBytes = 300;
constexpr std::size_t kMaxBytes = 1400;
constexpr std::uint32_t kResponsePercent = 40;

gen::CorpusOptions options(CorpusKind kind, std::size_t messages, std::uint64_t seed) {
  gen::CorpusOptions options;
  options.profile = kind == CorpusKind::kInvite ? gen::Profile::kInvite : gen::Profile::kMixed;
  options.seed = seed;
  options.messages = static_cast<std::uint32_t>(messages);
  options.bytes = kind == CorpusKind::kInvite ? kInviteBytes : 0;
  options.response_percent = kResponsePercent;
  options.service = {IpAddress::v4(0xc633640a), 5060};
  options.sources = {IpAddress::v4(0xcb007100), 16};
  options.mtu = 9000;
  return options;
}

struct Rendered {
  std::vector<gen::Corpus> parts;
  std::vector<std::string_view> texts;  ///< into the parts
};

/// Renders part by part until enough messages are of the wanted size.
Rendered render(CorpusKind kind, std::size_t wanted) {
  Rendered rendered;
  const bool exact = kind == CorpusKind::kInvite;
  constexpr std::uint64_t kMaxParts = 8;
  for (std::uint64_t seed = 1; rendered.texts.size() < wanted; ++seed) {
    if (seed > kMaxParts) throw std::runtime_error("too few messages of the wanted size");
    auto part = gen::Corpus::build(options(kind, wanted, seed));
    if (!part) throw std::runtime_error("no corpus: " + part.error().text);
    for (std::size_t i = 0; i < part->size() && rendered.texts.size() < wanted; ++i) {
      const auto frame = part->frame(i).bytes.subspan(net::kUdp4Headers);
      const std::string_view text(reinterpret_cast<const char*>(frame.data()), frame.size());
      const bool fits = exact ? text.size() == kInviteBytes : text.size() >= kMinBytes && text.size() <= kMaxBytes;
      if (fits) rendered.texts.push_back(text);
    }
    rendered.parts.push_back(std::move(*part));
  }
  return rendered;
}

/// Reads every message with the engine and counts what it finds.
CorpusFigures examine(const std::vector<std::string_view>& texts) {
  CorpusFigures figures;
  figures.messages = texts.size();
  std::set<sip::Method> methods;
  std::unordered_set<std::string_view> seen;
  sip::Message message;
  sip::Facts facts;
  for (const auto text : texts) {
    auto fault = sip::scan(text, message);
    if (fault == sip::Fault::kNone) fault = sip::validate(message, facts);
    if (fault != sip::Fault::kNone)
      throw std::runtime_error(std::string(sip::fault_name(fault)) + " in a message of the corpus:\n" +
                               std::string(text));
    if (!seen.insert(text).second) throw std::runtime_error("a message stands twice in the corpus");
    methods.insert(message.method);
    figures.responses += message.is_request ? 0U : 1U;
    figures.mean_bytes += static_cast<double>(text.size());
    figures.mean_rows += message.row_count;
    std::size_t vias = 0;
    for (const auto* row = message.find(sip::HeaderId::kVia); row != nullptr; row = message.next(*row)) ++vias;
    figures.max_vias = std::max(figures.max_vias, vias);
  }
  figures.methods = methods.size();
  figures.mean_bytes /= static_cast<double>(texts.size());
  figures.mean_rows /= static_cast<double>(texts.size());
  return figures;
}

}  // namespace

void Unmap::operator()(char* start) const noexcept { munmap(start, bytes); }

void Corpus::lay_out(const std::vector<std::string_view>& texts) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const auto bytes = (texts.size() * kPacketStride + kHugePage - 1) / kHugePage * kHugePage;
  auto* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  arena_ = {static_cast<char*>(start), Unmap{bytes}};
  // Packets lie in huge pages; where the kernel has none to give, address translation shows in the figures.
  static_cast<void>(madvise(start, bytes, MADV_HUGEPAGE));
  messages_.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto* const to = arena_.get() + i * kPacketStride + kHeadroom;
    std::memcpy(to, texts[i].data(), texts[i].size());
    messages_.emplace_back(to, texts[i].size());
    total_bytes_ += texts[i].size();
  }
}

Corpus::Corpus(CorpusKind kind) {
  if (kind == CorpusKind::kSame || kind == CorpusKind::kNear || kind == CorpusKind::kAlike) {
    derive(kind);
    return;
  }
  const auto rendered = render(kind, kind == CorpusKind::kCold ? kColdMessages : kHotMessages);
  figures_ = examine(rendered.texts);
  lay_out(rendered.texts);
}

void Corpus::derive(CorpusKind kind) {
  constexpr std::size_t kNearMessages = 64;
  const auto& from = shared_corpus(CorpusKind::kInvite);
  if (kind == CorpusKind::kAlike) {
    lay_out(std::vector<std::string_view>(from.size(), from[0]));
  } else {
    gen::Prng random(1);
    for (std::size_t i = 0; i < from.size(); ++i) {
      messages_.push_back(from[kind == CorpusKind::kSame ? 0 : random.below(kNearMessages)]);
      total_bytes_ += messages_.back().size();
    }
  }
  figures_ = examine({from[0]});
  figures_.messages = from.size();
}

const Corpus& shared_corpus(CorpusKind kind) {
  switch (kind) {
    case CorpusKind::kHot: {
      static const Corpus hot(kind);
      return hot;
    }
    case CorpusKind::kCold: {
      static const Corpus cold(kind);
      return cold;
    }
    case CorpusKind::kSame: {
      static const Corpus same(kind);
      return same;
    }
    case CorpusKind::kNear: {
      static const Corpus near(kind);
      return near;
    }
    case CorpusKind::kAlike: {
      static const Corpus alike(kind);
      return alike;
    }
    case CorpusKind::kInvite:
      break;
  }
  static const Corpus invite(CorpusKind::kInvite);
  return invite;
}

std::string_view corpus_name(CorpusKind kind) noexcept {
  switch (kind) {
    case CorpusKind::kHot:
      return "hot";
    case CorpusKind::kCold:
      return "cold";
    case CorpusKind::kInvite:
      return "invite860";
    case CorpusKind::kSame:
      return "same";
    case CorpusKind::kNear:
      return "near";
    case CorpusKind::kAlike:
      return "alike";
  }
  return {};
}

}  // namespace dialplane::micro
