// PostgreSQL by libpq.
#pragma once
#include <memory>
#include <string>

#include "store/session.h"

namespace yun::store {

/// `url` as libpq reads it. The first connection is made by Connect.
Result<std::unique_ptr<Backend>> OpenPostgres(const std::string& url);

}  // namespace yun::store
