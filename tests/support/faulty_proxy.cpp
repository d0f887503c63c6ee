// SPDX-License-Identifier: Apache-2.0
// A mutant of the branch is a digest of the right inputs with one more or one less, put in the place of the real one.
#include "faulty_proxy.hpp"

#include "proxied_messages.hpp"
#include "sip_text.hpp"

#include "dialplane/base/text.hpp"

namespace dialplane::test {
namespace {

constexpr std::size_t kBranchDigits = 16;

/// What the branch depends on. Source: RFC 3261 §16.11 with §16.6 step 8.
struct BranchInputs {
  std::string branch;
  std::string sent_by;
  std::string call_id;
  std::string from_tag;
  std::string cseq_number;
  std::string extra;  ///< what a mistake adds
};

/// The value of the first row of this name, and where its parameters are.
struct Field {
  std::string_view row;
  Span value;
  [[nodiscard]] std::string parameter(std::string_view name) const {
    for (const auto found : parameters_of(row, value)) {
      if (iequals(parameter_name(row, found), name)) return std::string(parameter_value(row, found).of(row));
    }
    return {};
  }
  [[nodiscard]] std::string text() const { return std::string(value.of(row)); }
};

Field field(const Datagram& in, std::string_view name, std::string_view compact = {}) {
  const auto message = *cut_message(in.bytes);
  const auto index = find_row(message.rows, name, compact);
  if (index == message.rows.size()) return {"", {}};
  const auto row = message.rows[index];
  return {row, split(row, value_of(row), ',').front()};
}

Field top_via(const Datagram& in) { return field(in, "Via", "v"); }

BranchInputs inputs_of(const Datagram& in) {
  const auto via = top_via(in);
  const auto call_id = *cut_message(in.bytes);
  const auto row = call_id.rows[find_row(call_id.rows, "Call-ID", "i")];
  const auto cseq = field(in, "CSeq").text();
  return {via.parameter("branch"),
          std::string(sent_by_of(via.row, via.value).of(via.row)),
          std::string(value_of(row).of(row)),
          field(in, "From", "f").parameter("tag"),
          cseq.substr(0, cseq.find_first_of(" \t\r")),
          ""};
}

void set_branch(Datagram& out, const BranchInputs& inputs) {
  // FNV-1a (Fowler, Noll, Vo).
  std::uint64_t digest = 0xcbf29ce484222325U;
  for (const auto* input :
       {&inputs.branch, &inputs.sent_by, &inputs.call_id, &inputs.from_tag, &inputs.cseq_number, &inputs.extra}) {
    for (const char c : *input + '\0') digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  constexpr std::string_view kPrefix = ";branch=z9hG4bKd";
  write_hex(out.bytes.data() + out.bytes.find(kPrefix) + kPrefix.size(), digest, kBranchDigits);
}

template <typename Change>
void set_branch_with(const Datagram& in, Datagram& out, Change change) {
  auto inputs = inputs_of(in);
  change(inputs);
  set_branch(out, inputs);
}

std::string_view method_of(const Datagram& in) {
  const auto line = cut_message(in.bytes)->start_line;
  return line.substr(0, line.find(' '));
}

/// The value of Max-Forwards in `out`, and how many digits it had in `in`.
struct Hops {
  std::string_view value;
  std::size_t digits_before = 0;
};
Hops hops_of(const Datagram& in, const Datagram& out) {
  const auto after = field(out, "Max-Forwards");
  return {after.value.of(after.row), field(in, "Max-Forwards").text().size()};
}

/// Puts `text` in the place of `part`, which is a part of `out`.
void put(Datagram& out, std::string_view part, std::string_view text) {
  out.bytes.replace(static_cast<std::size_t>(part.data() - out.bytes.data()), part.size(), text);
}

/// Copies the new digits over the old ones and leaves the rest of the old ones standing: 10 becomes 90.
void overwrite_hops(const Datagram& in, Datagram& out) {
  const auto hops = hops_of(in, out);
  if (hops.digits_before <= hops.value.size()) return;
  const auto before = field(in, "Max-Forwards").text();
  put(out, hops.value, std::string(hops.value) + before.substr(hops.value.size()));
}

/// Keeps the width: 10 becomes 09.
void pad_hops(const Datagram& in, Datagram& out) {
  const auto hops = hops_of(in, out);
  if (hops.digits_before <= hops.value.size()) return;
  put(out, hops.value, std::string(hops.digits_before - hops.value.size(), '0') + std::string(hops.value));
}

/// Keeps the length of the row: 10 becomes "9 ".
void blank_hops(const Datagram& in, Datagram& out) {
  const auto hops = hops_of(in, out);
  if (hops.digits_before <= hops.value.size()) return;
  put(out, hops.value, std::string(hops.value) + std::string(hops.digits_before - hops.value.size(), ' '));
}

/// Removes the row of the first value, whatever else it holds.
void lose_route_row(const Datagram& in, Datagram& out) {
  const auto before = *cut_message(in.bytes);
  const auto after = *cut_message(out.bytes);
  const auto row_before = find_row(before.rows, "Route");
  const auto row_after = find_row(after.rows, "Route");
  if (row_before == before.rows.size() || row_after == after.rows.size()) return;
  const auto count = [](std::string_view row) { return split(row, value_of(row), ',').size(); };
  if (count(before.rows[row_before]) > count(after.rows[row_after])) put(out, after.rows[row_after], "");
}

void lose_via_row(const Datagram& in, Datagram& out) {
  const auto before = *cut_message(in.bytes);
  const auto row = before.rows[find_row(before.rows, "Via", "v")];
  const auto after = *cut_message(out.bytes);
  if (split(row, value_of(row), ',').size() > 1) put(out, after.rows[find_row(after.rows, "Via", "v")], "");
}

void swap_last_rows(const Datagram&, Datagram& out) {
  const auto message = *cut_message(out.bytes);
  const auto last = std::string(message.rows.back());
  const auto before = std::string(message.rows[message.rows.size() - 2]);
  put(out, {message.rows[message.rows.size() - 2].data(), last.size() + before.size()}, last + before);
}

void flip_body_bit(const Datagram&, Datagram& out) {
  if (!cut_message(out.bytes)->body.empty()) out.bytes.back() = static_cast<char>(out.bytes.back() ^ 1);
}

void keep_received(const Datagram& in, Datagram& out) {
  const auto spoofed = top_via(in).parameter("received");
  const auto wanted = ";received=" + in.source.ip.to_string();
  const auto at = out.bytes.find(wanted);
  if (!spoofed.empty() && at != std::string::npos) out.bytes.replace(at, wanted.size(), ";received=" + spoofed);
}

}  // namespace

const Mutant kHonestBranch{"HonestBranch",
                           [](const Datagram& in, Datagram& out) { set_branch_with(in, out, [](auto&) {}); }};

const std::vector<Mutant> kMutantsOfP1{
    {"SourcePortInBranch",
     [](const Datagram& in, Datagram& out) {
       set_branch_with(in, out, [&](auto& inputs) { inputs.extra = std::to_string(in.source.port); });
     }},
    {"BackendBySourcePort",
     [](const Datagram& in, Datagram& out) {
       if (in.destination == outer_listener()) out.destination = backend(in.source.port % kBackends);
     }},
    {"SerialNumberInOutput",
     [](const Datagram&, Datagram& out) {
       static std::uint64_t serial = 0;
       const auto at = out.bytes.find(";dps=") + 5;
       write_hex(out.bytes.data() + at, ++serial, 2);
     }},
};

const std::vector<Mutant> kMutantsOfP2{
    {"MethodInBranch",
     [](const Datagram& in, Datagram& out) {
       set_branch_with(in, out, [&](auto& inputs) { inputs.extra = method_of(in); });
     }},
    {"SourcePortInBranch",
     [](const Datagram& in, Datagram& out) {
       set_branch_with(in, out, [&](auto& inputs) { inputs.extra = std::to_string(in.source.port); });
     }},
    {"ToTagInBranch",
     [](const Datagram& in, Datagram& out) {
       set_branch_with(in, out, [&](auto& inputs) { inputs.extra = field(in, "To", "t").parameter("tag"); });
     }},
    {"ReceivedInBranch",
     [](const Datagram& in, Datagram& out) {
       set_branch_with(in, out, [&](auto& inputs) { inputs.extra = top_via(in).parameter("received"); });
     }},
    {"RportInBranch",
     [](const Datagram& in, Datagram& out) {
       set_branch_with(in, out, [&](auto& inputs) { inputs.extra = top_via(in).parameter("rport"); });
     }},
    {"CallIdLeftOut",
     [](const Datagram& in, Datagram& out) { set_branch_with(in, out, [](auto& inputs) { inputs.call_id = ""; }); }},
    {"CSeqNumberLeftOut",
     [](const Datagram& in, Datagram& out) {
       set_branch_with(in, out, [](auto& inputs) { inputs.cseq_number = ""; });
     }},
    {"FromTagLeftOut",
     [](const Datagram& in, Datagram& out) { set_branch_with(in, out, [](auto& inputs) { inputs.from_tag = ""; }); }},
    {"ReceivedBranchLeftOut",
     [](const Datagram& in, Datagram& out) { set_branch_with(in, out, [](auto& inputs) { inputs.branch = ""; }); }},
    {"SentByLeftOut",
     [](const Datagram& in, Datagram& out) { set_branch_with(in, out, [](auto& inputs) { inputs.sent_by = ""; }); }},
    {"CancelToAnyBackend",
     [](const Datagram& in, Datagram& out) {
       if (method_of(in) == "CANCEL") out.destination = backend(in.bytes.size() % kBackends);
     }},
};

const std::vector<Mutant> kMutantsOfP3{
    {"RouteRowInsteadOfValue", lose_route_row},
    {"MaxForwardsOverwritten", overwrite_hops},
    {"MaxForwardsPaddedWithZero", pad_hops},
    {"MaxForwardsPaddedWithBlank", blank_hops},
    {"BodyTouched", flip_body_bit},
    {"BodyCut",
     [](const Datagram&, Datagram& out) {
       if (!cut_message(out.bytes)->body.empty()) out.bytes.pop_back();
     }},
    {"RowsSwapped", swap_last_rows},
    {"SpoofedReceivedKept", keep_received},
    {"ContentLengthAdded",
     [](const Datagram&, Datagram& out) {
       const auto message = *cut_message(out.bytes);
       if (find_row(message.rows, "Content-Length", "l") < message.rows.size()) return;
       out.bytes.insert(out.bytes.size() - message.body.size() - 2,
                        "Content-Length: " + std::to_string(message.body.size()) + "\r\n");
     }},
    {"SurplusKept",
     [](const Datagram& in, Datagram& out) {
       const auto at = in.bytes.rfind("surplus octets");
       if (at != std::string::npos) out.bytes += in.bytes.substr(at);
     }},
};

const std::vector<Mutant> kMutantsOfN3{
    // The request must stay as it is, or its response would not be ours.
    {"ViaRowInsteadOfValue",
     [](const Datagram& in, Datagram& out) {
       if (method_of(in) == "SIP/2.0") lose_via_row(in, out);
     }},
    {"BodyTouched",
     [](const Datagram& in, Datagram& out) {
       if (method_of(in) == "SIP/2.0") flip_body_bit(in, out);
     }},
    {"RowsSwapped",
     [](const Datagram& in, Datagram& out) {
       if (method_of(in) == "SIP/2.0") swap_last_rows(in, out);
     }},
};

}  // namespace dialplane::test
