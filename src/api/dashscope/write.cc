#include "api/dashscope/write.h"

#include <fmt/format.h>

#include "api/json_text.h"

namespace yun::api::dashscope {
namespace {

struct Name {
  std::string_view code;   // of ApiError; empty: any
  int status;              // 0: any
  std::string_view param;  // empty: any
  std::string_view native;
};

/// The first that fits.
constexpr Name kNames[] = {
    {"invalid_api_key", 0, "", "InvalidApiKey"},
    {"model_not_found", 0, "", "ModelNotFound"},
    {"missing_required_parameter", 0, "model", "BadRequest.EmptyModel"},
    {"missing_required_parameter", 0, "input", "BadRequest.EmptyInput"},
    {"too_large", 0, "", "BadRequest.TooLarge"},
    {"limit_requests", 0, "", "Throttling.RateQuota"},
    {"limit_burst_rate", 0, "", "Throttling.BurstRate"},
    {"insufficient_quota", 0, "", "Throttling.AllocationQuota"},
    {"Arrearage", 0, "", "Arrearage"},
    {"request_timeout", 0, "", "RequestTimeOut"},
    {"method_not_allowed", 0, "", "MethodNotAllowed"},
    {"", 400, "", "InvalidParameter"},
    {"", 401, "", "InvalidApiKey"},
    {"", 403, "", "AccessDenied"},
    {"", 404, "", "NotFound"},
    {"", 429, "", "Throttling"},
    {"", 503, "", "ServiceUnavailable"},
    {"", 504, "", "RequestTimeOut"},
};

}  // namespace

const Dialect kDialect = {"dashscope", &WriteError};

std::string_view NativeCode(const ApiError& error) {
  if (!error.native.empty()) return error.native;
  for (const Name& name : kNames)
    if ((name.code.empty() || name.code == error.code) && (name.status == 0 || name.status == error.status) &&
        (name.param.empty() || name.param == error.param))
      return name.native;
  return error.status >= 500 ? "InternalError" : "InvalidParameter";
}

std::string WriteError(const ApiError& error, std::string_view request_id) {
  std::string message = error.message;
  if (error.tokens_max > 0)  // programs know a prompt that is too long by these words
    message = fmt::format("Range of input length should be [1, {}]. {}", error.tokens_max, message);
  return fmt::format(R"({{"code":{},"message":{},"request_id":{}}})", Quote(NativeCode(error)),
                     Quote(ValidText(message)), Quote(request_id));
}

std::string WriteModels(const ModelPage& page, std::string_view request_id) {
  std::string out = fmt::format(R"({{"request_id":{},"output":{{"total":{},"page_no":{},"page_size":{},"models":[)",
                                Quote(request_id), page.total, page.page_no, page.page_size);
  for (std::size_t i = 0; i < page.ids.size(); ++i)
    out += fmt::format(R"({}{{"model":{},"name":{},"provider":"yun","opensource":true}})", i ? "," : "",
                       Quote(page.ids[i]), Quote(page.ids[i]));
  return out + "]}}";
}

}  // namespace yun::api::dashscope
