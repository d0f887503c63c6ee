// SPDX-License-Identifier: Apache-2.0
// The same figures twice: as lines and as JSON.
#include "report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace dialplane::gen {
namespace {

using Json = nlohmann::ordered_json;

double per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

bool has_loss(const Report& report) { return report.send && report.send->stamped && report.receive; }

double loss_ratio(const Report& report) {
  const auto lost = report.send->sent - std::min(report.send->sent, report.receive->distinct);
  return report.send->sent == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(report.send->sent);
}

Json to_json(const SendReport& send) {
  return {{"device", send.device},
          {"profile", send.profile},
          {"seed", send.seed},
          {"corpus_frames", send.corpus_frames},
          {"asked_per_s", send.asked_per_s},
          {"seconds", send.seconds},
          {"sent", send.sent},
          {"sent_per_s", per_second(send.sent, send.seconds)},
          {"bits_per_s", 8 * per_second(send.bytes, send.seconds)},
          {"bytes", send.bytes},
          {"refused", send.refused},
          {"no_buffer", send.no_buffer},
          {"late", send.late}};
}

Json to_json(const ReceiveReport& receive) {
  Json classes;
  for (std::size_t i = 1; i < receive.classes.size(); ++i) classes[fmt::format("{}xx", i)] = receive.classes[i];
  const auto& latency = receive.latency_ns;
  return {{"device", receive.device},
          {"seconds", receive.seconds},
          {"frames", receive.frames},
          {"frames_per_s", per_second(receive.frames, receive.seconds)},
          {"bytes", receive.bytes},
          {"stamped", receive.stamped},
          {"distinct", receive.distinct},
          {"foreign", receive.foreign},
          {"requests", receive.requests},
          {"responses", classes},
          {"missed_by_port", receive.missed},
          {"latency_ns",
           {{"count", latency.count()},
            {"min", latency.min()},
            {"mean", latency.mean()},
            {"p50", latency.quantile(0.5)},
            {"p90", latency.quantile(0.9)},
            {"p99", latency.quantile(0.99)},
            {"p999", latency.quantile(0.999)},
            {"max", latency.max()}}}};
}

std::string format_ns(std::uint64_t ns) {
  if (ns < 10'000) return fmt::format("{} ns", ns);
  if (ns < 10'000'000) return fmt::format("{:.1f} us", static_cast<double>(ns) / 1e3);
  return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
}

}  // namespace

std::string format_text(const Report& report) {
  std::string text;
  if (report.send) {
    const auto& send = *report.send;
    text += fmt::format("sent      {} frames in {:.2f} s on {}: {:.0f}/s, {:.2f} Gbit/s ({}, seed {})\n", send.sent,
                        send.seconds, send.device, per_second(send.sent, send.seconds),
                        8 * per_second(send.bytes, send.seconds) / 1e9, send.profile, send.seed);
    text += fmt::format("not sent  {} refused by the port, {} without a buffer; {} sent late\n", send.refused,
                        send.no_buffer, send.late);
  }
  if (report.receive) {
    const auto& receive = *report.receive;
    text +=
        fmt::format("received  {} frames on {}: {} ours ({} different messages), {} others, {} lost by the port\n",
                    receive.frames, receive.device, receive.stamped, receive.distinct, receive.foreign, receive.missed);
    text += fmt::format("of ours   {} requests, responses", receive.requests);
    for (std::size_t i = 1; i < receive.classes.size(); ++i) text += fmt::format(" {}xx {}", i, receive.classes[i]);
    text += "\n";
    const auto& latency = receive.latency_ns;
    text +=
        fmt::format("latency   min {}, p50 {}, p90 {}, p99 {}, p99.9 {}, max {}\n", format_ns(latency.min()),
                    format_ns(latency.quantile(0.5)), format_ns(latency.quantile(0.9)),
                    format_ns(latency.quantile(0.99)), format_ns(latency.quantile(0.999)), format_ns(latency.max()));
  }
  if (has_loss(report)) text += fmt::format("loss      {:.4f} %\n", 100 * loss_ratio(report));
  return text;
}

std::string format_json(const Report& report) {
  Json document{{"schema", 1}};
  if (report.send) document["tx"] = to_json(*report.send);
  if (report.receive) document["rx"] = to_json(*report.receive);
  if (has_loss(report)) {
    document["lost"] = report.send->sent - std::min(report.send->sent, report.receive->distinct);
    document["loss_ratio"] = loss_ratio(report);
  }
  return document.dump(2) + "\n";
}

}  // namespace dialplane::gen
