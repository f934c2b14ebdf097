// Small bodies of DashScope's native dialect: errors and models. Answers: answer_writer.h.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/dialect.h"
#include "api/error.h"

namespace yun::api::dashscope {

/// The native name of an error, e.g. InvalidParameter or Throttling.RateQuota.
std::string_view NativeCode(const ApiError& error);

/// {"code", "message", "request_id"}
std::string WriteError(const ApiError& error, std::string_view request_id);

/// One page of the models: {"output": {"total", "page_no", "page_size", "models": [...]}, "request_id"}.
struct ModelPage {
  std::int64_t total = 0, page_no = 1, page_size = 10;
  std::vector<std::string> ids;
};
std::string WriteModels(const ModelPage& page, std::string_view request_id);

}  // namespace yun::api::dashscope
