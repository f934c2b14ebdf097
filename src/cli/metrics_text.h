// Prometheus' text format, read: what `yun top` shows comes from here.
#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace yun::cli {

/// One answer of /metrics. source: the text format 0.0.4,
/// https://prometheus.io/docs/instrumenting/exposition_formats/
class MetricsText {
 public:
  static constexpr std::size_t kBytesMax = 64u << 20;
  static constexpr std::size_t kLabelsMax = 32;  // of one sample

  using Labels = std::vector<std::pair<std::string, std::string>>;
  /// Label values that a sample must have; others may be anything.
  using Filter = std::vector<std::pair<std::string_view, std::string_view>>;

  /// errors: kCorrupt (says which line), kTooLarge
  static Result<MetricsText> Parse(std::string_view text);

  /// Of all samples of this name that fit the filter; 0 where there is none.
  double Sum(std::string_view name, const Filter& filter = {}) const;
  /// A histogram's cumulative counts by upper bound, summed over what fits the filter. `name` is without "_bucket".
  std::map<double, double> Buckets(std::string_view name, const Filter& filter = {}) const;
  /// The values that a label has among the samples of this name, in order of the text, each once.
  std::vector<std::string> Values(std::string_view name, std::string_view label) const;

 private:
  struct Sample {
    Labels labels;
    double value;
  };
  const std::vector<Sample>* Find(std::string_view name) const;
  std::map<std::string, std::vector<Sample>, std::less<>> samples_;
};

/// What came between two readings of a histogram; all of `now` where the counts began anew.
std::map<double, double> Since(std::map<double, double> now, const std::map<double, double>& before);

/// The q-quantile of cumulative counts, by straight lines within buckets; the last finite bound beyond it; nothing when
/// nothing was counted. source: PromQL's histogram_quantile
std::optional<double> Quantile(const std::map<double, double>& cumulative, double q);

}  // namespace yun::cli
