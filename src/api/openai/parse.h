// OpenAI's request bodies -> neutral requests. Pure functions of the bytes; every error names its field.
#pragma once
#include <cstddef>
#include <string_view>

#include "api/chat.h"
#include "api/chat_fields.h"
#include "api/error.h"

namespace yun::api::openai {

// Limits of a request, beyond what the HTTP server bounds.
inline constexpr std::size_t kLogitBiasesMax = 1024;
inline constexpr std::size_t kPromptsMax = 128;  // prompts x n of one completion request
inline constexpr std::int64_t kAnswersMax = 128;  // n
inline constexpr std::int64_t kTopLogprobsMax = 20;

/// errors: 400 with `param` and a `code` of: invalid_json, missing_required_parameter, invalid_type, invalid_value,
///         unknown_parameter, unsupported_parameter, unsupported_value (a valid wish that yun cannot fulfil yet); 413
///         too_large
Parsed<ChatRequest> ParseChatRequest(std::string_view body);
Parsed<ChatRequest> ParseChatRequest(const boost::json::object& body);
Parsed<CompletionRequest> ParseCompletionRequest(std::string_view body);

}  // namespace yun::api::openai
