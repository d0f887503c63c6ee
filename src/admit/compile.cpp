// SPDX-License-Identifier: Apache-2.0
// Rules to compiled groups, and every rule that cannot be compiled. Build thread, or the control thread before its loop
// runs.
#include "memo.hpp"

#include "dialplane/admit/rule_set.hpp"
#include "dialplane/base/text.hpp"
#include "dialplane/sip/status.hpp"

#include <fmt/core.h>
#include <hs.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace dialplane::admit {
namespace {

/// One match a rule is enough. A dot takes line ends too, so that a folded header hides nothing.
constexpr unsigned kFlags = HS_FLAG_SINGLEMATCH | HS_FLAG_DOTALL;

constexpr std::string_view kSyntax = "see the section on screening rules in docs/operations.md for what is understood";

struct HeaderNames {
  sip::HeaderId id;
  std::string_view name;
  char compact;
};
constexpr std::array kHeaders{
#define DP_HEADER(id, name, compact, single, source) HeaderNames{sip::HeaderId::id, name, static_cast<char>(compact)},
#include "dialplane/sip/headers.def"
#undef DP_HEADER
};

/// Codes whose answer must carry a header that a rule does not know the value of, and that header.
struct NeedyCode {
  std::uint16_t status;
  std::string_view header;
};
constexpr std::array kNeedyCodes{
    NeedyCode{401, "WWW-Authenticate"}, NeedyCode{405, "Allow"},       NeedyCode{407, "Proxy-Authenticate"},
    NeedyCode{415, "Accept"},           NeedyCode{420, "Unsupported"}, NeedyCode{421, "Require"},
    NeedyCode{422, "Min-SE"},           NeedyCode{423, "Min-Expires"}, NeedyCode{424, "Geolocation-Error"},
    NeedyCode{425, "AlertMsg-Error"},   NeedyCode{469, "Recv-Info"},   NeedyCode{489, "Allow-Events"},
    NeedyCode{494, "Security-Server"},
};

/// What Hyperscan says of an expression, without its full stop.
std::string take_message(hs_compile_error_t* error) {
  if (error == nullptr) return "no memory";
  std::string text = error->message;
  hs_free_compile_error(error);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::optional<RuleFault> action_fault(const Rule& rule) {
  if (rule.action != Action::kReject) return std::nullopt;
  RuleFault fault;
  fault.part = RuleFault::Part::kAction;
  if (sip::status_reason(rule.status).empty()) {
    fault.text = fmt::format("{} is not a registered response code", rule.status);
    fault.remedy = "give one of the IANA registry, such as reject 403";
    return fault;
  }
  const auto* needy = std::ranges::find(kNeedyCodes, rule.status, &NeedyCode::status);
  if (needy == kNeedyCodes.end()) return std::nullopt;
  fault.text = fmt::format("a {} must carry {}, which a rule cannot give", rule.status, needy->header);
  fault.remedy = "give another code, such as reject 403";
  return fault;
}

int note_match(unsigned, unsigned long long, unsigned long long, unsigned, void* found) noexcept {
  *static_cast<bool*>(found) = true;
  return 1;
}

/// True if the expression alone matches `text`.
bool matches(const std::string& regex, std::string_view text) {
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  hs_scratch_t* scratch = nullptr;
  bool found = false;
  if (hs_compile(regex.c_str(), kFlags, HS_MODE_BLOCK, nullptr, &database, &error) != HS_SUCCESS) {
    hs_free_compile_error(error);
    return false;
  }
  if (hs_alloc_scratch(database, &scratch) == HS_SUCCESS) {
    hs_scan(database, text.data(), static_cast<unsigned>(text.size()), 0, scratch, note_match, &found);
  }
  hs_free_scratch(scratch);
  hs_free_database(database);
  return found;
}

/// Mistakes that show in one expression alone.
std::optional<RuleFault> regex_fault(const Rule& rule) {
  RuleFault fault;
  if (rule.regex.find('\0') != std::string::npos) {
    fault.text = "the expression holds a NUL byte";
    fault.remedy = "write it as \\x00";
    return fault;
  }
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(rule.regex.c_str(), kFlags, &info, &error) != HS_SUCCESS) {
    fault.text = fmt::format("the expression does not compile: {}", take_message(error));
    fault.remedy = kSyntax;
    return fault;
  }
  const bool matches_nothing = info->min_width == 0;
  std::free(info);
  if (matches_nothing) {
    fault.text = "the expression matches an empty text, and so every request";
    fault.remedy = "make it need at least one character: .+ means any value";
    return fault;
  }
  if (rule.field != "method" || (!matches(rule.regex, "ACK") && !matches(rule.regex, "CANCEL"))) return std::nullopt;
  fault.text = "the expression matches ACK or CANCEL, which belong to an INVITE";
  fault.remedy = "name the methods that are meant: ^(INVITE|REGISTER)$";
  return fault;
}

std::vector<RuleFault> faults_of_each(std::span<const Rule> rules) {
  std::vector<RuleFault> faults;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (auto fault : {action_fault(rules[i]), regex_fault(rules[i])}) {
      if (!fault) continue;
      fault->rule = i;
      faults.push_back(std::move(*fault));
    }
  }
  return faults;
}

}  // namespace

std::string_view long_field_name(std::string_view field) noexcept {
  if (field.size() != 1) return field;
  const auto* found = std::ranges::find(kHeaders, field[0], &HeaderNames::compact);
  return found == kHeaders.end() ? field : found->name;
}

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {}

RuleSet::Group RuleSet::group_for(std::string_view field) {
  Group group;
  if (field == "message") {
    group.field = Field::kMessage;
  } else if (field == "request-uri") {
    group.field = Field::kRequestUri;
  } else if (field == "method") {
    group.field = Field::kMethod;
  } else {
    const auto name = long_field_name(field);
    const auto* header = std::ranges::find_if(kHeaders, [&](const auto& known) { return iequals(known.name, name); });
    group.field = header == kHeaders.end() ? Field::kOtherHeader : Field::kHeader;
    if (header != kHeaders.end()) group.header = header->id;
    group.name = name;
  }
  return group;
}

/// Leaves out what is known not to compile.
void RuleSet::group_rules(const std::vector<RuleFault>& faults) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const bool is_faulty = std::ranges::any_of(
        faults, [&](const RuleFault& fault) { return fault.rule == i && fault.part == RuleFault::Part::kRegex; });
    if (is_faulty) continue;
    Group wanted = group_for(rules_[i].field);
    auto group = std::ranges::find_if(groups_, [&](const Group& other) {
      return other.field == wanted.field && other.header == wanted.header && iequals(other.name, wanted.name);
    });
    if (group == groups_.end()) group = groups_.insert(groups_.end(), std::move(wanted));
    group->rules.push_back(static_cast<std::uint16_t>(i));
  }
}

/// Compiles until all go together; each that does not is a fault.
void RuleSet::compile_group(Group& group, std::vector<RuleFault>& faults) const {
  std::vector<std::uint16_t> remaining = group.rules;
  while (!remaining.empty()) {
    std::vector<const char*> texts;
    texts.reserve(remaining.size());
    std::vector<unsigned> ids(remaining.begin(), remaining.end());
    for (const auto rule : remaining) texts.push_back(rules_[rule].regex.c_str());
    const std::vector<unsigned> flags(remaining.size(), kFlags);
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(texts.data(), flags.data(), ids.data(), static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                         nullptr, &group.database, &error) == HS_SUCCESS) {
      return;
    }
    // Without a number the fault lies in all of them together, or in the machine; nothing is left to try.
    const bool is_one = error != nullptr && error->expression >= 0;
    const auto at = is_one ? static_cast<std::ptrdiff_t>(error->expression) : 0;
    RuleFault fault;
    fault.rule = remaining[static_cast<std::size_t>(at)];
    fault.text = is_one ? fmt::format("the expression does not compile: {}", take_message(error))
                        : fmt::format("the {} rules on `{}` do not compile together: {}", remaining.size(),
                                      rules_[fault.rule].field, take_message(error));
    fault.remedy = is_one ? std::string(kSyntax) : "give fewer or simpler rules on this field";
    faults.push_back(std::move(fault));
    if (!is_one) return;
    remaining.erase(remaining.begin() + at);
  }
}

bool RuleSet::allocate_scratches(std::size_t workers) {
  hs_scratch_t* first = nullptr;
  for (const Group& group : groups_) {
    // Grows the same memory until it serves every group.
    if (hs_alloc_scratch(group.database, &first) != HS_SUCCESS) {
      hs_free_scratch(first);
      return false;
    }
  }
  scratches_.push_back(first);
  for (std::size_t i = 0; i <= workers; ++i) memos_.push_back(std::make_unique<Memo>());
  for (std::size_t i = 0; i < workers; ++i) {
    hs_scratch_t* copy = nullptr;
    if (first != nullptr && hs_clone_scratch(first, &copy) != HS_SUCCESS) return false;
    scratches_.push_back(copy);
  }
  return true;
}

RuleSet::Compiled RuleSet::compile(std::vector<Rule> rules, std::size_t workers) {
  if (hs_valid_platform() != HS_SUCCESS) {
    return tl::unexpected(std::vector<RuleFault>{
        {0, RuleFault::Part::kRegex, "this CPU lacks SSSE3, which expressions need", "remove the rules"}});
  }
  std::vector<RuleFault> faults = faults_of_each(rules);
  const std::shared_ptr<RuleSet> set(new RuleSet(std::move(rules)));
  set->group_rules(faults);
  for (Group& group : set->groups_) set->compile_group(group, faults);
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  if (!set->allocate_scratches(workers)) {
    return tl::unexpected(std::vector<RuleFault>{
        {0, RuleFault::Part::kRegex, "there is no memory to run the rules", "give fewer or simpler rules"}});
  }
  return set;
}

}  // namespace dialplane::admit
