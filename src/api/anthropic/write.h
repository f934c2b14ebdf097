// Neutral answers, models and errors -> Anthropic's bodies and events.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.h"
#include "api/dialect.h"

namespace yun::api::anthropic {

/// The answer to one Messages request.
std::unique_ptr<AnswerWriter> MakeAnswerWriter(std::string id, std::string model);

struct ModelEntry {
  std::string id;
  std::int64_t created_unix = 0;
};
std::string WriteModel(const ModelEntry& model);
std::string WriteModelList(const std::vector<ModelEntry>& models, bool has_more);

/// {"input_tokens": n}
std::string WriteTokenCount(std::uint64_t tokens);

/// {"type":"error","error":{"type","message"},"request_id"}
std::string WriteError(const ApiError& error, std::string_view request_id);

}  // namespace yun::api::anthropic
