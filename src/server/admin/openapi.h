// The OpenAPI 3.1 document of the admin API, made from its table.
#pragma once
#include <string>

namespace yun::server::admin {

/// As JSON. Each operation also says in "x-yun-whose", "x-yun-right" and "x-yun-roles" who may.
const std::string& OpenApiDocument();

}  // namespace yun::server::admin
