// Fields of a chat request that more than one dialect has: they read from `fields` and keep its first error.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/chat.h"
#include "api/fields.h"

namespace yun::api {

// Limits of a request, beyond what the HTTP server bounds.
inline constexpr std::size_t kMessagesMax = 16384;
inline constexpr std::size_t kToolsMax = 128;
inline constexpr std::size_t kStopsMax = 16;
inline constexpr std::size_t kStopBytesMax = 1024;
inline constexpr std::size_t kStopIdsMax = 64;
inline constexpr std::int64_t kChoicesMax = 4;          // n, as the hosted service
inline constexpr double kRepetitionPenaltyMax = 100;
inline constexpr std::size_t kAnswerChoicesMax = 1024;  // of guided_choice
inline constexpr std::int64_t kMaxTokensMax = 1 << 24;
inline constexpr std::size_t kNameBytesMax = 256;  // model, user, cache_salt
inline constexpr std::int64_t kPriorityMax = 1000;
inline constexpr double kTimeoutSecondsMax = 86400;

/// How a request is served beside others: service_tier, priority, timeout, ttft_objective_ms, cache_salt,
/// deterministic. Names as in vLLM where it has them. Also dry_run.
void ReadTerms(Fields& fields, Generation& out);

/// response_format: text, json_object or json_schema.
void ReadResponseFormat(Fields& fields, Generation& out);
/// vLLM's: one field each (guided_json, ...), or all in one object (structured_outputs).
void ReadStructuredOutputs(Fields& fields, Generation& out);

/// `cache_control` of a part or block at `at`: {"type": "ephemeral"}, perhaps with "ttl": "5m" (as without) or "1h".
/// Adds a mark behind so many bytes of content; which message's is the caller's to say.
void ReadCacheControl(Fields& fields, const std::string& at, const boost::json::object& part, std::size_t bytes,
                      std::vector<CacheMark>& marks);

/// The text of a `content`, which may be null; empty after an error. Adds the marks in it.
using ContentReader = std::optional<boost::json::string> (*)(Fields& fields, const std::string& param,
                                                             const boost::json::value* content,
                                                             std::vector<CacheMark>& marks);
/// messages, as a template reads them. Of more than kCacheMarksMax marks the last count.
void ReadMessages(Fields& fields, ChatRequest& out, ContentReader read_content);

/// tools, tool_choice (auto, none, required, or an object that names a function) and parallel_tool_calls.
void ReadTools(Fields& fields, ChatRequest& out);

/// thinking_budget or reasoning_effort; after ReadTemplateVariables.
void ReadThinking(Fields& fields, ChatRequest& out);
/// chat_template_kwargs, enable_thinking and preserve_thinking.
void ReadTemplateVariables(Fields& fields, ChatRequest& out);

}  // namespace yun::api
