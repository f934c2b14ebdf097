// The neutral request: what every dialect is read into.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace yun::api {

/// How tokens are drawn; what the caller left out stays empty, so that a model's own defaults can fill it.
/// Every value lies in the range that its comment gives.
struct Sampling {
  std::optional<double> temperature;                       // [0, 2]
  std::optional<double> top_p;                             // (0, 1]
  std::optional<std::int32_t> top_k;                       // >= 0; 0: off
  std::optional<double> min_p;                             // [0, 1)
  std::optional<double> repetition_penalty;                // (0, 100]
  double presence_penalty = 0;                             // [-2, 2]
  double frequency_penalty = 0;                            // [-2, 2]
  std::vector<std::pair<std::int32_t, float>> logit_bias;  // [-100, 100]
  std::optional<std::uint64_t> seed;
};

enum class ConstraintKind { kNone, kJsonObject, kJsonSchema, kRegex, kChoice, kLark };

/// What the answer must look like, as it was asked for: nothing is compiled here.
struct Constraint {
  ConstraintKind kind = ConstraintKind::kNone;
  std::string text;   // the schema, expression or grammar; kChoice: a JSON array of strings
  std::string param;  // the field it came in, for errors
};

/// What chat and completion requests share.
struct Generation {
  std::string model;
  Sampling sampling;
  std::vector<std::string> stop;
  std::vector<std::int32_t> stop_ids;
  std::uint32_t max_tokens = 0;     // 0: as far as the context goes
  std::uint32_t answer_tokens = 0;  // the same, but what the model thinks is not counted; 0: none
  std::uint32_t n = 1;           // answers to each prompt
  std::int32_t logprobs = -1;    // -1: none; k: of the drawn token and of the k likeliest
  bool ignore_eos = false;
  bool stream = false;
  bool include_usage = false;  // a last chunk with the usage
  Constraint constraint;
  std::string user;

  // How it is served beside others.
  std::int32_t priority = 0;    // >= 0; the lower runs sooner
  bool idle = false;            // service_tier "flex": computed when nobody else wants the machine
  double timeout_s = 0;         // 0: none
  double ttft_objective_s = 0;  // to the first token; 0: none
  std::string cache_salt;       // prefixes are shared only with requests of the same
  bool deterministic = false;   // the same bits whatever else is being computed

  bool dry_run = false;  // only tell what it would take
};

/// A place in the messages up to which the prompt is to stay in the cache.
struct CacheMark {
  std::size_t message = 0;  // index
  std::size_t bytes = 0;    // of its content
  double seconds = 0;       // how long from now, or from its next use
};
inline constexpr std::size_t kCacheMarksMax = 4;  // of one request

enum class ToolChoice { kAuto, kRequired, kNamed };  // "none": a request without tools

struct ChatRequest : Generation {
  /// In order, as the template reads them: `content` is always text ("" for null; text parts joined by a line break),
  /// "developer" has become "system", and a tool call's `arguments` are an object where they parse as one.
  boost::json::array messages;
  bool continues = false;    // the last message is an assistant's and the beginning of the answer
  boost::json::array tools;  // in OpenAI's form; empty with tool_choice "none"
  ToolChoice tool_choice = ToolChoice::kAuto;
  std::string tool_name;                   // kNamed: one of the tools
  bool parallel_tool_calls = true;         // false: the answer ends with its first call
  boost::json::object template_variables;  // e.g. {"enable_thinking": false}
  std::uint32_t thinking_budget = 0;       // tokens that the model may think; 0: any number
  std::vector<CacheMark> cache_marks;      // at most kCacheMarksMax, in order
};

/// How many tokens may be thought at an effort: minimal, low, medium, high, xhigh, max (0: any number; low, medium and
/// xhigh as at the hosted service). Empty: no such effort.
std::optional<std::uint32_t> EffortBudget(std::string_view effort);

/// Their names, the least first.
std::vector<std::string_view> EffortNames();

inline constexpr std::size_t kToolNameBytesMax = 128;
inline constexpr std::string_view kToolNamePattern = "^[a-zA-Z0-9_.:/-]{1,128}$";
/// Whether it fits kToolNamePattern: as the vendors have it, and . : / of MCP's servers. A blank, quote or bracket in a
/// name would end it in the text of a call.
bool IsToolName(std::string_view name);

using Prompt = std::variant<std::string, std::vector<std::int32_t>>;

struct CompletionRequest : Generation {
  bool echo = false;            // the answer's text begins with its prompt's
  std::vector<Prompt> prompts;  // at least one; none is empty
};

}  // namespace yun::api
