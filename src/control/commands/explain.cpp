// SPDX-License-Identifier: Apache-2.0
// `explain`: the whole decision for one message, without any effect. Control thread.
#include "explain.hpp"

#include "command.hpp"

#include "dialplane/base/base64.hpp"

#include <fmt/format.h>

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 4> kArgs{{{"from", ArgKind::kOption, "ADDR:PORT", true},
                                    {"to", ArgKind::kOption, "ADDR:PORT", true},
                                    {"message", ArgKind::kKeyed, "TEXT", true},
                                    {"base64", ArgKind::kKeyed, "BYTES", true}}};

tl::expected<std::optional<Endpoint>, rpc::Failure> endpoint_of(const Json& params, const char* name) {
  if (!params.contains(name)) return std::optional<Endpoint>();
  const auto text = params[name].get<std::string>();
  const auto endpoint = Endpoint::parse(text, 5060);
  if (!endpoint) return rpc::refuse(rpc::kInvalidParams, fmt::format("`{}` is no ADDR:PORT", text));
  return std::optional(*endpoint);
}

tl::expected<std::string, rpc::Failure> message_of(const Json& params) {
  if (params.contains("message") == params.contains("base64")) {
    return rpc::refuse(rpc::kInvalidParams,
                       "give one message, as `message` or `base64`; dialplanectl reads it from --file or its input");
  }
  if (params.contains("message")) return params["message"].get<std::string>();
  auto bytes = decode_base64(params["base64"].get<std::string>());
  if (!bytes) return rpc::refuse(rpc::kInvalidParams, "`base64` is not base64");
  return std::move(*bytes);
}

rpc::Outcome run(const CommandContext& context, const Json& params) {
  auto message = message_of(params);
  if (!message) return tl::unexpected(message.error());
  const auto from = endpoint_of(params, "from");
  if (!from) return tl::unexpected(from.error());
  const auto to = endpoint_of(params, "to");
  if (!to) return tl::unexpected(to.error());
  return context.explainer.explain(current(context),
                                   {std::move(*message), *from, *to, context.data_plane.now_ms(), &context.health});
}

}  // namespace

const Command kExplain{"explain", kArgs,
                       "Shows for one SIP message which listener, key, slot, backend and verdict it would get, and how "
                       "it would leave; without any effect. dialplanectl reads the message from --file or its input.",
                       run, nullptr};

}  // namespace dialplane::control
