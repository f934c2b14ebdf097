// The OpenAPI 3.1 document of the data routes: each row of the router's table with what goes in and what comes out.
// The admin API has a document of its own (server/admin/openapi.h) in the same frame.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace yun::server {

/// As JSON.
const std::string& OpenApiDocument();

/// {"application/json": {"schema": ...}}
boost::json::object OpenApiContent(std::string_view type, boost::json::object schema);

struct OpenApiParts {
  std::string_view title, about;
  boost::json::array security;
  boost::json::object schemes;  // by the names in `security`
  boost::json::object paths, schemas;
};
std::string WriteOpenApi(OpenApiParts parts);

}  // namespace yun::server
