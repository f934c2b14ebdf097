#include "cli/metrics_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace yun::cli {

namespace {

bool IsNameByte(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || (!first && c >= '0' && c <= '9');
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

/// Reads one line from its front.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  void SkipBlanks() {
    while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
  }
  bool Eat(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Empty when there is no name.
  std::string_view Name() {
    std::size_t n = 0;
    while (n < rest_.size() && IsNameByte(rest_[n], n == 0)) ++n;
    return Take(n);
  }
  /// A quoted value with \\, \" and \n; nothing when it is broken.
  std::optional<std::string> Quoted() {
    if (!Eat('"')) return {};
    std::string out;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c == '\\') {
        if (rest_.empty()) return {};
        c = rest_.front() == 'n' ? '\n' : rest_.front();
        rest_.remove_prefix(1);
      }
      out += c;
    }
    return {};
  }
  std::optional<double> Number() {
    std::size_t n = 0;
    while (n < rest_.size() && !IsBlank(rest_[n])) ++n;
    std::string_view word = Take(n);
    if (word.starts_with('+')) word.remove_prefix(1);
    double value = 0;
    const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), value);  // knows inf and nan
    if (ec != std::errc() || end != word.data() + word.size()) return {};
    return value;
  }

 private:
  std::string_view Take(std::size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  std::string_view rest_;
};

bool Fits(const MetricsText::Labels& labels, const MetricsText::Filter& filter) {
  return std::all_of(filter.begin(), filter.end(), [&](const auto& wanted) {
    return std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
      return label.first == wanted.first && label.second == wanted.second;
    });
  });
}

}  // namespace

Result<MetricsText> MetricsText::Parse(std::string_view text) {
  if (text.size() > kBytesMax)
    return Fail(Code::kTooLarge, "{} bytes of metrics; at most {} are read", text.size(), kBytesMax);
  MetricsText out;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    Line line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    const auto broken = [&] { return Fail(Code::kCorrupt, "line {} is not of Prometheus' text format", number); };
    line.SkipBlanks();
    if (line.AtEnd() || line.Eat('#')) continue;
    const std::string_view name = line.Name();
    if (name.empty()) return broken();
    Sample sample;
    line.SkipBlanks();
    if (line.Eat('{')) {
      line.SkipBlanks();
      while (!line.Eat('}')) {
        const std::string_view label = line.Name();
        line.SkipBlanks();
        if (label.empty() || sample.labels.size() == kLabelsMax || !line.Eat('=')) return broken();
        line.SkipBlanks();
        std::optional<std::string> value = line.Quoted();
        if (!value) return broken();
        sample.labels.emplace_back(label, std::move(*value));
        line.SkipBlanks();
        if (line.Eat(',')) line.SkipBlanks();
      }
    }
    line.SkipBlanks();
    const std::optional<double> value = line.Number();
    if (!value) return broken();
    sample.value = *value;
    line.SkipBlanks();
    if (!line.AtEnd() && !line.Number()) return broken();  // a time stamp
    line.SkipBlanks();
    if (!line.AtEnd()) return broken();
    auto place = out.samples_.find(name);
    if (place == out.samples_.end()) place = out.samples_.emplace(name, std::vector<Sample>()).first;
    place->second.push_back(std::move(sample));
  }
  return out;
}

const std::vector<MetricsText::Sample>* MetricsText::Find(std::string_view name) const {
  const auto place = samples_.find(name);
  return place == samples_.end() ? nullptr : &place->second;
}

double MetricsText::Sum(std::string_view name, const Filter& filter) const {
  double sum = 0;
  if (const auto* samples = Find(name))
    for (const Sample& sample : *samples)
      if (Fits(sample.labels, filter)) sum += sample.value;
  return sum;
}

std::map<double, double> MetricsText::Buckets(std::string_view name, const Filter& filter) const {
  std::map<double, double> out;
  const auto* samples = Find(std::string(name) + "_bucket");
  if (!samples) return out;
  for (const Sample& sample : *samples) {
    if (!Fits(sample.labels, filter)) continue;
    for (const auto& [label, text] : sample.labels)
      if (label == "le")
        if (const std::optional<double> bound = Line(text).Number(); bound && !std::isnan(*bound))
          out[*bound] += sample.value;
  }
  return out;
}

std::vector<std::string> MetricsText::Values(std::string_view name, std::string_view label) const {
  std::vector<std::string> out;
  if (const auto* samples = Find(name))
    for (const Sample& sample : *samples)
      for (const auto& [key, value] : sample.labels)
        if (key == label && std::find(out.begin(), out.end(), value) == out.end()) out.push_back(value);
  return out;
}

std::map<double, double> Since(std::map<double, double> now, const std::map<double, double>& before) {
  std::map<double, double> out = now;
  for (auto& [bound, count] : out) {
    const auto old = before.find(bound);
    if (old == before.end()) continue;
    if (old->second > count) return now;  // another process answers
    count -= old->second;
  }
  return out;
}

std::optional<double> Quantile(const std::map<double, double>& cumulative, double q) {
  if (cumulative.empty() || !(cumulative.rbegin()->second > 0)) return {};
  const double rank = q * cumulative.rbegin()->second;
  double low = 0, before = 0;
  for (const auto& [bound, count] : cumulative) {
    if (count >= rank) {
      if (!std::isfinite(bound)) return low;
      return count > before ? low + (bound - low) * (rank - before) / (count - before) : bound;
    }
    low = bound;
    before = count;
  }
  return low;
}

}  // namespace yun::cli
