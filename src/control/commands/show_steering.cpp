// SPDX-License-Identifier: Apache-2.0
// `show steering`: how requests found their backend, and what became of the tokens they carried. Control thread.
#include "command.hpp"
#include "steering_names.hpp"

#include <array>

namespace dialplane::control {

namespace {

struct Item {
  std::string_view name;
  std::string_view sentence;
};

// In the order of the enumerations.
constexpr std::array<Item, static_cast<std::size_t>(pipeline::SteeredBy::kCount)> kSteered{{
    {"cookie", "A valid token in our Route value named the backend."},
    {"literal", "The next Route value or the Request-URI was a backend's address."},
    {"affinity", "The affinity table had the Call-ID: a copy, a CANCEL or ACK, or another request of the same call."},
    {"named_dialog", "Replaces, Join or Target-Dialog named a dialog that the affinity table had."},
    {"second_chance", "A copy of a request whose own backend is silent."},
    {"policy", "The first choice of the Call-ID's slot."},
    {"second_choice", "The second choice of the slot: the first one takes no new dialogs."},
    {"winner", "The best of those that take new dialogs: neither choice of the slot does."},
}};
constexpr std::array<Item, static_cast<std::size_t>(pipeline::TokenOutcome::kCount)> kTokens{{
    {"absent", "A Route value of ours without a token."},
    {"valid", "The token verified."},
    {"forged", "The token did not verify, or belongs to another Call-ID."},
}};

void put_row(Json& rows, std::string_view kind, const Item& item, std::uint64_t count) {
  Json row;
  row["kind"] = kind;
  row["name"] = item.name;
  row["count"] = count;
  row["sentence"] = item.sentence;
  rows.push_back(std::move(row));
}

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < kSteered.size(); ++i) {
    put_row(rows, "backend", kSteered[i], sum_over_workers(context.data_plane, [&](const auto& counters) {
              return counters.steered.read(static_cast<pipeline::SteeredBy>(i));
            }));
  }
  for (std::size_t i = 0; i < kTokens.size(); ++i) {
    put_row(rows, "token", kTokens[i], sum_over_workers(context.data_plane, [&](const auto& counters) {
              return counters.tokens.read(static_cast<pipeline::TokenOutcome>(i));
            }));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

std::string_view steered_name(pipeline::SteeredBy how) noexcept {
  return kSteered.at(static_cast<std::size_t>(how)).name;
}
std::string_view token_name(pipeline::TokenOutcome outcome) noexcept {
  return kTokens.at(static_cast<std::size_t>(outcome)).name;
}

const Command kShowSteering{
    "show steering", {}, "How requests from outside found their backend, and the tokens in their Route.", run, nullptr};

}  // namespace dialplane::control
