// Anthropic's Messages requests -> neutral requests. Pure functions of the bytes; every error names its field.
#pragma once
#include <string_view>

#include "api/chat_fields.h"

namespace yun::api::anthropic {

// Where the limits are not those of api/chat_fields.h.
inline constexpr std::size_t kMessagesMax = 100000;
inline constexpr std::size_t kBlocksMax = 10000;  // of one message
inline constexpr std::size_t kToolsMax = 256;

/// A body of POST /v1/messages. `max_tokens` bounds the answer without what the model thinks, as the hosted service has
/// it for Qwen. A line "x-anthropic-billing-header: ..." at the head of the system prompt is left out: it differs with
/// every request of its client and would make the prefix cache useless.
/// errors: 400 with `param`; 413 too_large
Parsed<ChatRequest> ParseMessages(std::string_view body);
/// A body of POST /v1/messages/count_tokens: the same, without what only an answer needs.
Parsed<ChatRequest> ParseCountTokens(std::string_view body);

}  // namespace yun::api::anthropic
