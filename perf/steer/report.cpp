// SPDX-License-Identifier: Apache-2.0
// Prints figures as they come and keeps them for the JSON file. Main thread.
#include "report.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <utility>

namespace dialplane::perf {

void Report::title(const std::string& text) {
  section_ = text;
  fmt::print("\n{}\n", text);
}

void Report::add(Figure figure) {
  figure.section = section_;
  figures_.push_back(std::move(figure));
}

void Report::line(const std::string& what, double value, const std::string& unit, std::optional<double> bound) {
  const bool kept = !bound || value <= *bound;
  std::string verdict;
  if (bound) verdict = fmt::format("   at most {:g}{}", *bound, kept ? "" : "   MISSED");
  fmt::print("  {:<52}{:>12.4f} {:<6}{}\n", what, value, unit, verdict);
  add({{}, what, unit, value, bound, kept});
}

void Report::line(const std::string& what, bool is_so) {
  fmt::print("  {:<52}{:>12}{}\n", what, is_so ? "yes" : "no", is_so ? "" : "   MISSED");
  add({{}, what, "", is_so ? 1.0 : 0.0, {}, is_so});
}

void Report::note(const std::string& text) { fmt::print("  {}\n", text); }

int Report::finish() {
  const auto missed = std::ranges::count(figures_, false, &Figure::kept);
  fmt::print("\n{}\n", missed == 0 ? "all bounds kept" : fmt::format("{} bounds missed", missed));
  return missed == 0 ? 0 : 1;
}

bool Report::write_json(const std::string& path) const {
  auto figures = nlohmann::json::array();
  for (const Figure& figure : figures_) {
    auto& row = figures.emplace_back();
    row = {{"section", figure.section}, {"what", figure.what}, {"value", figure.value}, {"unit", figure.unit}};
    if (figure.bound) row["bound"] = *figure.bound;
    row["kept"] = figure.kept;
  }
  std::ofstream file(path);
  file << nlohmann::json{{"figures", figures}}.dump(2) << '\n';
  return file.good();
}

}  // namespace dialplane::perf
