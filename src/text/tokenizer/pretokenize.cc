#include "text/tokenizer/pretokenize.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <utility>

#include "base/check.h"

namespace yun::pretokenize {
namespace {

constexpr std::size_t kMaxPatternBytes = 16 * 1024;
constexpr std::uint32_t kMaxPatternNesting = 64;
// A match that needs more backtracking than this is given up (the known patterns need none to speak of).
constexpr std::uint32_t kMatchLimit = 1'000'000;
constexpr std::uint32_t kHeapLimitKib = 64 * 1024;

#define YUN_CONTRACTION R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|)"
#define YUN_SPACES R"([\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
constexpr std::array<std::pair<Kind, std::string_view>, 4> kKnown = {{
    {Kind::kQwen2, YUN_CONTRACTION R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+)" YUN_SPACES},
    {Kind::kQwen35, YUN_CONTRACTION R"([^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+)" YUN_SPACES},
    {Kind::kLlama3, YUN_CONTRACTION R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+)" YUN_SPACES},
    {Kind::kGpt2, R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
}};
#undef YUN_CONTRACTION
#undef YUN_SPACES

class Pcre2Regex final : public Regex {
 public:
  Pcre2Regex(pcre2_code* code, pcre2_match_context* context) : code_(code), context_(context) {}
  ~Pcre2Regex() override {
    pcre2_match_context_free(context_);
    pcre2_code_free(code_);
  }
  Pcre2Regex(const Pcre2Regex&) = delete;
  Pcre2Regex& operator=(const Pcre2Regex&) = delete;

  bool Find(std::string_view text, std::size_t from, std::size_t* start, std::size_t* stop) const override {
    // One match block a thread; a pattern's groups beyond the whole match are not wanted.
    struct Block {
      pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
      ~Block() { pcre2_match_data_free(data); }
    };
    thread_local Block block;
    const int found = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                                  PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, block.data, context_);
    if (found < 0) return false;
    const PCRE2_SIZE* at = pcre2_get_ovector_pointer(block.data);
    // \K can move the start of a match; none may be empty, go backwards or leave the text.
    if (at[0] < from || at[1] <= at[0] || at[1] > text.size()) return false;
    *start = at[0];
    *stop = at[1];
    return true;
  }

 private:
  pcre2_code* code_;
  pcre2_match_context* context_;
};

}  // namespace

Result<std::unique_ptr<Regex>> Regex::Compile(const std::string& pattern) {
  if (pattern.size() > kMaxPatternBytes) {
    return Fail(Code::kTooLarge, "a pre-tokenizer's pattern of {} bytes; the limit is {}", pattern.size(),
                kMaxPatternBytes);
  }
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_compile_context* options = pcre2_compile_context_create(nullptr);
  if (options == nullptr) return Fail(Code::kNoMemory, "no memory for a regex");
  pcre2_set_parens_nest_limit(options, kMaxPatternNesting);
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, options);
  pcre2_compile_context_free(options);
  if (code == nullptr) {
    PCRE2_UCHAR text[256] = {};
    pcre2_get_error_message(error, text, sizeof text);
    return Fail(Code::kUnsupported, "pre-tokenizer pattern, character {}: {}", at, reinterpret_cast<const char*>(text));
  }
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  if (context == nullptr) {
    pcre2_code_free(code);
    return Fail(Code::kNoMemory, "no memory for a regex");
  }
  pcre2_set_match_limit(context, kMatchLimit);
  pcre2_set_heap_limit(context, kHeapLimitKib);
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // without a JIT it is slower, and right all the same
  return std::make_unique<Pcre2Regex>(code, context);
}

Result<Step> StepOfPattern(const std::string& pattern) {
  for (const auto& [kind, known] : kKnown)
    if (known == pattern) return Step{kind, nullptr};
  ASSIGN_OR_RETURN(auto regex, Regex::Compile(pattern));
  return Step{Kind::kRegex, std::move(regex)};
}

std::string_view PatternOf(Kind scanner) {
  for (const auto& [kind, known] : kKnown)
    if (kind == scanner) return known;
  return {};
}

PreTokenizer::PreTokenizer(std::vector<Step> steps) : steps_(std::move(steps)) {
  const auto is = [&](std::size_t i, Kind kind) { return steps_[i].kind == kind; };
  if (steps_.size() == 1) {
    if (is(0, Kind::kQwen2)) plan_ = Plan::kQwen2;
    if (is(0, Kind::kQwen35)) plan_ = Plan::kQwen35;
    if (is(0, Kind::kLlama3)) plan_ = Plan::kLlama3;
    if (is(0, Kind::kGpt2)) plan_ = Plan::kGpt2;
  }
  if (steps_.size() == 2 && is(0, Kind::kDigits) && is(1, Kind::kGpt2)) plan_ = Plan::kDigitsGpt2;
}

void PreTokenizer::RunFrom(std::size_t at, std::string_view text, AnySink sink) const {
  if (text.empty()) return;
  if (at == steps_.size()) return sink.call(sink.self, text.data(), text.size());
  const Step& step = steps_[at];
  const auto next = [&](const char* p, std::size_t n) { RunFrom(at + 1, {p, n}, sink); };
  switch (step.kind) {
    case Kind::kQwen2:
      return ScanQwen<1, false>(text, next);
    case Kind::kQwen35:
      return ScanQwen<1, true>(text, next);
    case Kind::kLlama3:
      return ScanQwen<3, false>(text, next);
    case Kind::kGpt2:
      return ScanGpt2(text, next);
    case Kind::kDigits:
      return ScanDigits<true>(text, next, next);
    case Kind::kDigitRuns:
      return ScanDigits<false>(text, next, next);
    case Kind::kPrefixSpace: {
      if (text.front() == ' ') return next(text.data(), text.size());
      std::string copy = " ";
      copy += text;
      return next(copy.data(), copy.size());
    }
    case Kind::kRegex: {
      std::size_t done = 0, start = 0, stop = 0;
      while (done < text.size() && step.regex->Find(text, done, &start, &stop)) {
        if (start > done) next(text.data() + done, start - done);
        next(text.data() + start, stop - start);
        done = stop;
      }
      if (done < text.size()) next(text.data() + done, text.size() - done);
      return;
    }
  }
}

}  // namespace yun::pretokenize
