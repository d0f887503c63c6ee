// SPDX-License-Identifier: Apache-2.0
// Lines of figures with their bounds, and whether all were kept. Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dialplane::perf {

class Report {
 public:
  void title(const std::string& text);
  /// A figure; with a bound it is judged. `unit` follows the number.
  void line(const std::string& what, double value, const std::string& unit, std::optional<double> bound = {});
  void line(const std::string& what, bool is_so);
  void note(const std::string& text);
  /// The verdict, as the last line. Returns the exit code.
  int finish();
  [[nodiscard]] bool write_json(const std::string& path) const;

 private:
  struct Figure {
    std::string section;
    std::string what;
    std::string unit;
    double value = 0;
    std::optional<double> bound;
    bool kept = true;
  };
  void add(Figure figure);

  std::string section_;
  std::vector<Figure> figures_;
};

}  // namespace dialplane::perf
