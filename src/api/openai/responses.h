// OpenAI's Responses: requests -> neutral chats, neutral answers -> response objects and typed events.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.h"
#include "api/chat.h"
#include "api/error.h"

namespace yun::api::openai {

inline constexpr std::size_t kInputItemsMax = 10000;
inline constexpr std::size_t kMetadataMax = 16;  // pairs
inline constexpr std::size_t kMetadataKeyMax = 64, kMetadataValueMax = 512;  // bytes
inline constexpr std::size_t kItemsAtOnceMax = 20;  // of one write to a conversation, as the hosted service
inline constexpr std::int64_t kOutputTokensMin = 16;

/// Fields that mean the same as a chat's, under their name there.
inline constexpr std::pair<std::string_view, std::string_view> kAsInChat[] = {
    {"model", "model"}, {"temperature", "temperature"}, {"top_p", "top_p"}, {"top_k", "top_k"}, {"min_p", "min_p"},
    {"repetition_penalty", "repetition_penalty"}, {"presence_penalty", "presence_penalty"},
    {"frequency_penalty", "frequency_penalty"}, {"seed", "seed"}, {"stream", "stream"}, {"user", "user"},
    {"parallel_tool_calls", "parallel_tool_calls"}, {"max_output_tokens", "max_completion_tokens"},
    {"enable_thinking", "enable_thinking"}, {"thinking_budget", "thinking_budget"},
    {"preserve_thinking", "preserve_thinking"}, {"service_tier", "service_tier"}, {"priority", "priority"},
    {"timeout", "timeout"}, {"ttft_objective_ms", "ttft_objective_ms"}, {"cache_salt", "cache_salt"},
    {"deterministic", "deterministic"}, {"dry_run", "dry_run"}, {"chat_template_kwargs", "chat_template_kwargs"}};

struct ResponsesRequest {
  ChatRequest chat;          // all but `messages`, which ChatOf makes when the items before are known
  boost::json::array input;  // this request's items, each an object with a "type" and an "id"
  std::string instructions;
  std::string previous_response_id, conversation;  // at most one of them
  bool store = true;
  boost::json::object echo;  // the members of the response object that repeat the request
};

/// errors: as ParseChatRequest
Parsed<ResponsesRequest> ParseResponses(std::string_view body);

/// Items of a conversation, checked and with ids; for conversations too. `at`: the field they came in.
Parsed<boost::json::array> ParseItems(const boost::json::value& items, std::string_view at);
/// errors: 400 that names `metadata`
Parsed<boost::json::object> ParseMetadata(const boost::json::value& metadata);

/// The messages of the items before and those of the request. errors: 400 (a call's output without its call)
Parsed<boost::json::array> MessagesOf(const ResponsesRequest& request, const boost::json::array& before);

/// The answer to one request; afterwards what there is to store.
class ResponseWriter : public AnswerWriter {
 public:
  /// The response object, complete; after End or Whole.
  virtual const boost::json::object& response() const = 0;
};
std::unique_ptr<ResponseWriter> MakeResponseWriter(std::string id, std::int64_t created_unix,
                                                   const ResponsesRequest& request);

}  // namespace yun::api::openai
