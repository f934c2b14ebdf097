#include "api/openai/write.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/json_text.h"

namespace yun::api::openai {

namespace json = boost::json;

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
  json::object body{{"error", json::object{{"message", ValidText(error.message)},
                                           {"type", error.type},
                                           {"param", or_null(ValidText(error.param))},
                                           {"code", or_null(error.code)}}}};
  if (!request_id.empty()) body["request_id"] = json::string(request_id);
  return json::serialize(body);
}

}  // namespace yun::api::openai
