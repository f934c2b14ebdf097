// DashScope's native request bodies -> neutral requests. Pure functions of the bytes. Texts about ranges are the hosted
// service's own, word for word, because programs match them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "api/chat_fields.h"
#include "api/error.h"

namespace yun::api::dashscope {

inline constexpr std::int64_t kTopLogprobsMax = 5;
inline constexpr std::int64_t kTopKMax = 100;                // above: off
inline constexpr std::size_t kStopSequenceTokensMax = 64;    // of a stop that is given as token ids

enum class Service { kText, kMultimodal };      // text-generation, multimodal-generation
enum class ResultFormat { kText, kMessage };

struct GenerationRequest {
  ChatRequest chat;
  ResultFormat format = ResultFormat::kMessage;
  bool incremental = false;  // a stream's events: what is new, or all so far
  /// Each ends the answer where its tokens' text is said; those of one token are among chat.stop_ids.
  std::vector<std::vector<std::int32_t>> stop_sequences;
};

/// stream: whether a header asks for events; the body may, too.
/// errors: as ParseChatRequest of api/openai, with the fields of `input` and `parameters` named without these two
Parsed<GenerationRequest> ParseGenerationRequest(std::string_view body, Service service, bool stream);

}  // namespace yun::api::dashscope
