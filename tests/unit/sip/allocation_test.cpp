// SPDX-License-Identifier: Apache-2.0
// The SIP engine takes nothing from the heap: jemalloc counts what the thread was given. Test thread.
#include "verdicts.hpp"

#include "dialplane/sip/dialog_id.hpp"
#include "dialplane/sip/edits.hpp"
#include "dialplane/sip/response.hpp"
#include "dialplane/sip/start_line.hpp"
#include "dialplane/sip/tokens.hpp"
#include "dialplane/sip/uri_parts.hpp"
#include "dialplane/sip/via_parameter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#ifdef DIALPLANE_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

namespace dialplane::sip {
namespace {

#ifdef DIALPLANE_JEMALLOC

std::uint64_t allocated_bytes() {
  std::uint64_t* cell = nullptr;
  std::size_t size = sizeof(cell);
  EXPECT_EQ(mallctl("thread.allocatedp", &cell, &size, nullptr, 0), 0);
  return *cell;
}

std::vector<std::string> torture_corpus() {
  std::vector<std::string> corpus;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(DP_TORTURE_FOLDER)) {
    if (entry.path().extension() != ".dat") continue;
    corpus.push_back(torture_file(std::filesystem::relative(entry.path(), DP_TORTURE_FOLDER).string()));
  }
  return corpus;
}

/// Counts what it reads, so that no view can be left out by the compiler.
class Reader {
 public:
  Reader() : keys_(Keyring::derive(Secret{2}, secrets_)) {}

  void read(std::string_view datagram) {
    scan(datagram, message_);
    const auto fault = validate(message_, facts_);
    seen_ += fault_sentence(fault).size() + facts_.call_id.size() + method_name(message_.method).size();
    read_start_line();
    read_rows();
    read_vias();
    if (fault == Fault::kNone) write();
  }
  [[nodiscard]] std::size_t seen() const { return seen_; }
  [[nodiscard]] std::size_t answers() const { return answers_; }

 private:
  void read_start_line() {
    if (const auto line = request_line(message_)) {
      const auto uri = parse_uri(line->uri);
      seen_ += uri ? find_parameter(uri->parameters, "lr").value_or("").size() + uri->host.size() : 0;
      seen_ += parse_tel(line->uri) || parse_urn(line->uri) ? 1 : 0;
    }
    if (const auto line = status_line(message_)) seen_ += line->reason.size();
  }

  void read_rows() {
    for (std::size_t i = 0; i < message_.row_count; ++i) {
      const auto value = message_.value(message_.rows[i]);
      if (const auto address = parse_name_addr(value)) seen_ += address->uri.size();
      seen_ += parse_tag(value).value_or("").size();
      seen_ += parse_cseq(value) ? 1 : 0;
    }
    for (const auto id : {HeaderId::kReplaces, HeaderId::kJoin, HeaderId::kTargetDialog}) {
      seen_ += find_dialog_id(message_, id) ? 1 : 0;
    }
    for (const auto id : {HeaderId::kRoute, HeaderId::kRecordRoute}) {
      RouteCursor cursor(message_, id);
      RouteView route;
      while (cursor.next(route) == RouteCursor::Step::kValue) seen_ += route.uri.host.size();
    }
    seen_ += has_option_tag(message_, HeaderId::kSupported, "path") ? 1 : 0;
  }

  void read_vias() {
    ViaView via;
    for (bool found = top_via(message_, via); found;) {
      ViaParameterCursor cursor(message_, via);
      ViaParameterView parameter;
      while (cursor.next(parameter)) seen_ += parameter.value.size();
      seen_ += via_maddr(message_, via) || via_ttl(message_, via) ? 1 : 0;
      ViaView next;
      found = next_via(message_, via, next);
      via = next;
    }
  }

  void write() {
    std::array<char, kToTagLength> tag;
    write_to_tag(tag.data(), keys_, facts_);
    const ResponseSpec spec{.status = 400,
                            .reason = "Bad Request",
                            .to_tag = {tag.data(), tag.size()},
                            .extra_rows = {},
                            .source = {IpAddress::v4(0xc000024d), 40000}};
    answers_ += write_response(answer_, message_, facts_, spec) != 0 ? 1 : 0;
    std::array<char, kBranchLength> branch;
    write_branch(branch.data(), keys_, message_, facts_);
    edits_.clear();
    seen_ += edits_.insert(message_.headers_offset, {branch.data(), branch.size()}) ? 1 : 0;
  }

  std::array<Secret, 1> secrets_{Secret{1}};
  Keyring keys_;
  Message message_;
  Facts facts_;
  EditList edits_;
  std::array<char, 8192> answer_;
  std::size_t seen_ = 0;
  std::size_t answers_ = 0;
};

TEST(SipEngine, CounterOfAllocationsMoves) {
  const auto before = allocated_bytes();
  void* volatile block = std::malloc(1000);
  EXPECT_GE(allocated_bytes(), before + 1000);
  std::free(block);
}

TEST(SipEngine, AllocatesNothingOnTheTortureCorpus) {
  const auto corpus = torture_corpus();
  ASSERT_EQ(corpus.size(), 113U);
  const auto reader = std::make_unique<Reader>();
  const auto before = allocated_bytes();
  for (const auto& datagram : corpus) reader->read(datagram);
  EXPECT_EQ(allocated_bytes(), before);
  EXPECT_GT(reader->seen(), 10000U);
  EXPECT_GT(reader->answers(), 50U);
}

#else

TEST(SipEngine, AllocatesNothingOnTheTortureCorpus) {
  GTEST_SKIP() << "needs jemalloc's counters, which sanitizer builds do without";
}

#endif

}  // namespace
}  // namespace dialplane::sip
