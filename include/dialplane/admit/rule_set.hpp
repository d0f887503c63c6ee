// SPDX-License-Identifier: Apache-2.0
// Screening rules as compiled expressions. Compiled on the build thread, shared by snapshots, scanned by workers.
#pragma once

#include "dialplane/base/ids.hpp"
#include "dialplane/sip/message.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Hyperscan's types, whose header only src/admit sees.
struct hs_database;
struct hs_scratch;

namespace dialplane::admit {

enum class Action : std::uint8_t { kDrop, kReject, kAllow };

struct Rule {
  std::string name;
  std::string field;  ///< a header's name, or message, request-uri, method; lower case
  std::string regex;
  Action action = Action::kDrop;
  std::uint16_t status = 0;  ///< of kReject
  friend bool operator==(const Rule&, const Rule&) = default;
};

/// What is wrong with a rule: which of its values, in words, and what to do.
struct RuleFault {
  enum class Part : std::uint8_t { kRegex, kAction };
  std::size_t rule = 0;
  Part part = Part::kRegex;
  std::string text;
  std::string remedy;
};

class Memo;

class RuleSet {
 public:
  using Compiled = tl::expected<std::shared_ptr<const RuleSet>, std::vector<RuleFault>>;

  /// Compiles the rules of one field together, and makes working memory for that many workers and one thread beside.
  /// Errors: every rule at fault. Cost: up to a millisecond a rule; never on the control loop.
  static Compiled compile(std::vector<Rule> rules, std::size_t workers);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  /// Position of the first rule in file order that matches; kNoIndex: none does. Each row of a header is scanned by
  /// itself, as it stands in the message (folds included); `message` is everything up to the end of the body.
  /// Thread: worker `worker`, one scan at a time; any greater index is the one thread beside the workers.
  /// Cost: one scan for each row of a field that some rule reads, none for a User-Agent met lately; no allocation.
  [[nodiscard]] std::uint16_t first_match(const sip::Message& request, WorkerIndex worker) const noexcept;

  [[nodiscard]] std::span<const Rule> rules() const noexcept { return rules_; }
  /// Workers it has working memory for.
  [[nodiscard]] std::size_t workers() const noexcept { return scratches_.size() - 1; }

 private:
  enum class Field : std::uint8_t { kHeader, kOtherHeader, kRequestUri, kMethod, kMessage };
  /// The rules of one field.
  struct Group {
    Field field = Field::kHeader;
    sip::HeaderId header = sip::HeaderId::kOther;
    std::string name;  ///< kOtherHeader
    std::vector<std::uint16_t> rules;
    hs_database* database = nullptr;
  };
  struct Search;

  explicit RuleSet(std::vector<Rule> rules);
  static Group group_for(std::string_view field);
  void group_rules(const std::vector<RuleFault>& faults);
  void compile_group(Group& group, std::vector<RuleFault>& faults) const;
  bool allocate_scratches(std::size_t workers);

  std::vector<Rule> rules_;
  std::vector<Group> groups_;                 ///< in the order of their first rules
  std::vector<hs_scratch*> scratches_;        ///< one per worker, and one beside
  std::vector<std::unique_ptr<Memo>> memos_;  ///< the same
};

/// The long name, in lower case, of the header that a compact name stands for; the name itself for any other.
std::string_view long_field_name(std::string_view field) noexcept;

}  // namespace dialplane::admit
