#include "api/openai/write.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace yun::api::openai {
namespace {

namespace json = boost::json;

std::string Quote(std::string_view text) { return json::serialize(json::value(json::string(text))); }

}  // namespace

const Dialect kDialect = {"openai", &WriteError};

std::string WriteModel(const ModelEntry& model) {
  return fmt::format(R"({{"id":{},"object":"model","created":{},"owned_by":"yun"}})", Quote(model.id), model.created);
}

std::string WriteModelList(const std::vector<ModelEntry>& models) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < models.size(); ++i) out += (i ? "," : "") + WriteModel(models[i]);
  return out + "]}";
}

std::string WriteError(const ApiError& error, std::string_view request_id) {
  const auto or_null = [](const std::string& s) {
    return s.empty() ? json::value(nullptr) : json::value(json::string(s));
  };
  json::object body{{"error", json::object{{"message", error.message},
                                           {"type", error.type},
                                           {"param", or_null(error.param)},
                                           {"code", or_null(error.code)}}}};
  if (!request_id.empty()) body["request_id"] = json::string(request_id);
  return json::serialize(body);
}

}  // namespace yun::api::openai
