// SPDX-License-Identifier: Apache-2.0
// dialplane-micro: what reading one message costs. Options are Google Benchmark's; perf/micro/run calls it.
#include "benches.hpp"
#include "corpus.hpp"
#include "loop.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <exception>

namespace {

/// The make-up of each corpus goes into the report, beside the figures it explains.
void describe(dialplane::micro::CorpusKind kind) {
  const auto& figures = dialplane::micro::shared_corpus(kind).figures();
  benchmark::AddCustomContext(
      fmt::format("corpus_{}", dialplane::micro::corpus_name(kind)),
      fmt::format("{} messages, {} responses, {} methods, {:.0f} bytes, {:.1f} header rows, at most {} Vias",
                  figures.messages, figures.responses, figures.methods, figures.mean_bytes, figures.mean_rows,
                  figures.max_vias));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    dialplane::micro::register_engine();
    dialplane::micro::register_ceilings();
#ifdef DIALPLANE_WITH_PEERS
    dialplane::micro::register_osip();
    dialplane::micro::register_sofia();
#endif
    dialplane::micro::register_kamailio();
    for (const auto kind : dialplane::micro::kEveryCorpus) describe(kind);
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    fmt::print(stderr, "dialplane-micro: {}\n", error.what());
    return 1;
  }
  benchmark::Shutdown();
  return 0;
}
