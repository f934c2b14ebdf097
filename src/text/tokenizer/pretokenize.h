// Text -> the pieces that BPE works on, by the steps a tokenizer.json lists. The steps all known models use run as
// hand-written scanners (scanners.h); any other regex runs on PCRE2.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "text/tokenizer/scanners.h"

namespace yun::pretokenize {

/// A compiled PCRE2 pattern. thread: any
class Regex {
 public:
  /// errors: kUnsupported (what PCRE2 says, and where in the pattern), kTooLarge
  static Result<std::unique_ptr<Regex>> Compile(const std::string& pattern);
  virtual ~Regex() = default;
  /// The next match at or after `from` that is not empty; false when there is none. A match that costs more than the
  /// engine's limits counts as none.
  virtual bool Find(std::string_view text, std::size_t from, std::size_t* start, std::size_t* stop) const = 0;
};

enum class Kind { kQwen2, kQwen35, kLlama3, kGpt2, kDigits, kDigitRuns, kRegex, kPrefixSpace };

struct Step {
  Kind kind;
  std::shared_ptr<const Regex> regex;  // kRegex only
};

/// The step of a Split pattern: a scanner when the pattern is one of the known ones, else PCRE2.
Result<Step> StepOfPattern(const std::string& pattern);
/// The pattern of a scanner, for the tests that hold it against PCRE2.
std::string_view PatternOf(Kind scanner);

class PreTokenizer {
 public:
  PreTokenizer() = default;
  explicit PreTokenizer(std::vector<Step> steps);

  /// Calls sink(const char* piece, size_t bytes) for each piece of valid text, in order. Pieces are parts of `text`
  /// except after a step kPrefixSpace, which works on a copy: take no pointer out of the call.
  template <class Sink>
  void Run(std::string_view text, Sink&& sink) const {
    switch (plan_) {
      case Plan::kQwen2:
        return ScanQwen<1, false>(text, sink);
      case Plan::kQwen35:
        return ScanQwen<1, true>(text, sink);
      case Plan::kLlama3:
        return ScanQwen<3, false>(text, sink);
      case Plan::kGpt2:
        return ScanGpt2(text, sink);
      case Plan::kDigitsGpt2:
        return ScanDigits<true>(text, sink, [&](const char* p, std::size_t n) { ScanGpt2({p, n}, sink); });
      case Plan::kGeneral:
        break;
    }
    using Plain = std::remove_reference_t<Sink>;
    RunFrom(0, text, {[](void* self, const char* p, std::size_t n) { (*static_cast<Plain*>(self))(p, n); }, &sink});
  }

 private:
  enum class Plan { kQwen2, kQwen35, kLlama3, kGpt2, kDigitsGpt2, kGeneral };
  struct AnySink {
    void (*call)(void*, const char*, std::size_t);
    void* self;
  };
  void RunFrom(std::size_t step, std::string_view text, AnySink sink) const;

  std::vector<Step> steps_;
  Plan plan_ = Plan::kGeneral;
};

}  // namespace yun::pretokenize
