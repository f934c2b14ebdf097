// Small bodies of OpenAI's dialect: models and errors. Answers: answer_writer.h.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/dialect.h"
#include "api/error.h"

namespace yun::api::openai {

struct ModelEntry {
  std::string id;
  std::int64_t created = 0;
};
std::string WriteModel(const ModelEntry& model);
std::string WriteModelList(const std::vector<ModelEntry>& models);

/// {"error": {message, type, param, code}, "request_id"}
std::string WriteError(const ApiError& error, std::string_view request_id);

}  // namespace yun::api::openai
