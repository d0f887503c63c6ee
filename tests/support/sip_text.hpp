// SPDX-License-Identifier: Apache-2.0
// Cuts SIP messages into rows, values and parameters with as little understanding as possible, for checks that must not
// lean on the parser they judge. Knows valid messages only. Test code.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::test {

/// A message as its lines; the views point into the datagram.
struct SipText {
  std::string_view start_line;         ///< with its CRLF; CRLFs before it are left out
  std::vector<std::string_view> rows;  ///< each with its folds and its CRLF
  std::string_view body;               ///< all that follows the empty line
};

/// Errors: nullopt without a start line or an empty line.
std::optional<SipText> cut_message(std::string_view datagram);

/// A stretch of a text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

/// True if the row's name is one of both, in any case. `compact` may be empty.
bool is_named(std::string_view row, std::string_view name, std::string_view compact = {});
inline bool is_via(std::string_view row) { return is_named(row, "Via", "v"); }
inline bool is_route(std::string_view row) { return is_named(row, "Route"); }

/// The row's value, outer blanks and folds left out.
Span value_of(std::string_view row);
/// The first row of this name; the count of rows if there is none.
std::size_t find_row(const std::vector<std::string_view>& rows, std::string_view name, std::string_view compact = {});

/// The parts of text[within] between `separator`s that stand neither in quotes nor in angle or square brackets, outer
/// blanks left out.
std::vector<Span> split(std::string_view text, Span within, char separator);
/// text[within] without blanks at either end.
Span trim(std::string_view text, Span within);

/// Header parameters of text[value]: the parts behind ';', the URI and what is in its brackets left out. A part is
/// "name" or "name=value", perhaps with blanks.
std::vector<Span> parameters_of(std::string_view text, Span value);
/// Name of one parameter, and its value ("" if it has none), without the blanks round '='.
std::string_view parameter_name(std::string_view text, Span parameter);
Span parameter_value(std::string_view text, Span parameter);

/// host or host:port of a Via value, as written.
Span sent_by_of(std::string_view text, Span via);
/// The value of the branch parameter in the first value of the first Via row; "" if there is none.
std::string_view top_branch(std::string_view datagram);

}  // namespace dialplane::test
