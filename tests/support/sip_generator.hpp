// SPDX-License-Identifier: Apache-2.0
// Valid SIP messages in as many spellings as the grammar allows, for differential tests and fuzz corpora. Test thread.
//
//   SipGenerator generator(seed);
//   SipMutator mutator(seed);                       // sip_mutator.hpp
//   for (std::size_t i = 0; i < count; ++i) {
//     const std::string_view good = generator.next();
//     const std::string_view damaged = mutator.mutate(good);
//   }
//
// A failing message is found again by its seed and number. Link `sip_generator_dep` (tests/support/meson.build).
#pragma once

#include "random.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dialplane::test {

/// Makes requests and responses that sip::scan() and sip::validate() accept: known and unknown methods and headers,
/// long, compact and oddly cased names, blanks and folds wherever LWS may stand, several values in a row and rows
/// apart, quoted strings with escapes and commas, IPv6 references, unknown parameters, bodies with and without
/// Content-Length. Units: 150 to about 2 500 bytes. Cost: one to two microseconds each, no allocation once the buffer
/// has grown.
class SipGenerator {
 public:
  explicit SipGenerator(std::uint64_t seed) : random_(seed) { text_.reserve(kReserve); }

  /// The next message. Lifetime: until the next call.
  std::string_view next();

 private:
  static constexpr std::size_t kReserve = 8192;
  enum class Row : std::uint8_t {
    kVia,
    kRoute,
    kRecordRoute,
    kMaxForwards,
    kFrom,
    kTo,
    kCallId,
    kCSeq,
    kContact,
    kContent,
    kExtra,
  };
  static constexpr std::size_t kRows = 11;

  void put(std::string_view text) { text_.append(text); }
  void put(char c) { text_.push_back(c); }
  void put_number(std::uint64_t number);
  void put_hex(std::size_t digits);
  /// Characters of a token or, with `word`, of a Call-ID.
  void put_token(std::size_t length);
  void put_word(std::size_t length);
  /// Where LWS may stand and may be missing / must stand.
  void put_optional_blank();
  void put_blank();
  void put_name(std::string_view long_name, std::string_view compact);
  void end_row() { put("\r\n"); }

  void put_host();
  void put_sip_uri(bool may_have_headers);
  void put_uri_parameters();
  void put_quoted_string();
  void put_header_parameters();
  void put_address(bool needs_brackets);

  void put_start_line();
  void put_row(Row row);
  void put_via_rows();
  void put_via();
  void put_via_parameter(std::size_t kind);
  void put_route_rows(std::string_view name);
  void put_tagged_address(std::string_view name, std::string_view compact, bool has_tag);
  void put_call_id();
  void put_cseq();
  void put_contact();
  void put_content_rows();
  void put_extra_rows();
  void make_body();

  Random random_;
  std::string text_;
  std::string body_;
  std::string_view method_;
  std::string extension_method_;
  bool is_request_ = true;
  bool is_plain_ = false;  ///< spelt the usual way, as most traffic is
};

}  // namespace dialplane::test
