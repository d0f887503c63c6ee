// SPDX-License-Identifier: Apache-2.0
// Fuzz target: parse_name_addr() over a list of values, and parse_tag(). One thread.
#include "naive.hpp"
#include "target.hpp"

#include "dialplane/sip/fields.hpp"

#include <algorithm>
#include <string>

namespace dialplane::fuzz {
namespace {

using sip::NameAddrView;

/// True if every quote closes and no comma or angle bracket stands outside quotes.
bool is_one_value(std::string_view parameters) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i] == '"') quoted = !quoted;
    if (quoted && parameters[i] == '\\') ++i;
    if (!quoted && std::string_view(",<>").find(parameters[i]) != std::string_view::npos) return false;
  }
  return !quoted;
}

void check_value(std::string_view text, const NameAddrView& view) {
  require(view.end > 0 && view.end <= text.size(), "a value takes some of the text");
  require(view.end == text.size() || text[view.end] == ',', "a value ends at a comma or the end");
  const auto value = text.substr(0, view.end);
  require(!view.uri.empty() && lies_in(view.uri, value), "the URI lies inside the value");
  const auto begin = offset_in(view.uri, value);
  const auto end = begin + view.uri.size();
  if (view.bracketed) {
    require(begin > 0 && value[begin - 1] == '<' && end < value.size() && value[end] == '>', "brackets round the URI");
    require(view.uri.find_first_of("<>") == view.uri.npos, "no brackets inside");
    const auto display = naive::trim(value.substr(0, begin - 1));
    require(!display.empty() && display[0] == '"' ? display.size() > 1 && display.back() == '"'
                                                  : display.find_first_of("<>\",;") == display.npos,
            "a display name is quoted or free of separators");
  } else {
    require(naive::trim(value.substr(0, begin)).empty(), "nothing but blanks before an addr-spec");
    require(view.uri.find_first_of("<>\",; \t\r\n") == view.uri.npos, "no separators in an addr-spec");
    require(view.uri.find(':') != view.uri.npos, "an addr-spec has a scheme");
  }
  auto rest = value.substr(view.bracketed ? end + 1 : end);
  if (view.parameters.empty()) return require(naive::trim(rest).empty(), "nothing but blanks behind the URI");
  require(lies_in(view.parameters, rest) && view.parameters[0] == ';', "parameters follow the URI");
  require(naive::trim(rest) == view.parameters, "the parameters are all that follows");
  require(is_one_value(view.parameters), "parameters close their quotes");
}

void require_same_value(const NameAddrView& a, std::string_view text_a, const NameAddrView& b,
                        std::string_view text_b) {
  require(a.end == b.end && a.bracketed == b.bracketed && same_place(a.uri, text_a, b.uri, text_b) &&
              same_place(a.parameters, text_a, b.parameters, text_b),
          "the same value");
}

/// A value alone, and with another one behind it, is the same value.
void check_neighbours(std::string_view value, const NameAddrView& view, std::string_view text) {
  const ExactText alone({value});
  const auto first = sip::parse_name_addr(alone.view());
  require(first.has_value(), "a value parses alone");
  require_same_value(view, text, *first, alone.view());
  const ExactText list({value, ",\"x\" <y:z>"});
  const auto second = sip::parse_name_addr(list.view());
  require(second.has_value(), "a value parses with another behind it");
  require_same_value(view, text, *second, list.view());
}

void check_tag(std::string_view text) {
  const auto tag = sip::parse_tag(text);
  ExactText blanked({text});
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (naive::is_lws(text[i])) blanked[i] = ' ';
  }
  const auto again = sip::parse_tag(blanked.view());
  require(tag.has_value() == again.has_value(), "any white space is a blank");
  if (!tag) return;
  require(same_place(*tag, text, *again, blanked.view()), "the tag does not depend on the kind of white space");

  const auto view = sip::parse_name_addr(text);
  require(view && view->end == text.size(), "a value with a tag is one value");
  require(tag->empty() || lies_in(*tag, view->parameters), "a tag is a header parameter");
  require(tag->find_first_of(std::string_view(" \t\r\n\0;,\"<>", 10)) == tag->npos, "a tag has no separators");
  require(sip::find_parameter(view->parameters, "TAG").value_or("") == *tag, "the tag is the parameter of that name");

  const ExactText tagged({text, ";tag=zz"});
  const auto added = sip::parse_tag(tagged.view());
  require(added.has_value() == tag->empty(), "a second tag is refused");
  if (added) require(*added == "zz", "a tag that is added is found");
}

}  // namespace

void fuzz_name_addr(std::string_view input) {
  check_tag(input);
  auto rest = input;
  // Every value takes at least one byte and its comma.
  for (auto left = input.size() + 1; left > 0; --left) {
    const auto view = sip::parse_name_addr(rest);
    if (!view) return;
    check_value(rest, *view);
    const auto value = rest.substr(0, view->end);
    check_neighbours(value, *view, rest);
    if (rest.data() != input.data()) check_tag(ExactText({value}).view());
    if (view->end == rest.size()) return;
    rest.remove_prefix(view->end + 1);
  }
  require(false, "the walk over a list ends");
}

}  // namespace dialplane::fuzz
