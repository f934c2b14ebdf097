// Price books in the database: every text that was ever loaded, by version.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cloud/ledger.h"
#include "store/database.h"

namespace yun::cloud {

/// Keeps a text as the latest. errors: kAlreadyExists (this version has another text), as Database::Write
Status StorePrices(store::Database& db, std::string_view version, std::string_view toml, std::string_view actor,
                   std::int64_t now_ms);
/// The latest; one without prices when none was loaded. errors: kCorrupt, as Connection::Query
Result<PriceBook> LatestPrices(store::Connection& db);
Result<std::vector<PriceVersion>> ReadPriceVersions(store::Database& db);
/// errors: kNotFound
Result<std::string> ReadPriceText(store::Database& db, std::string_view version);

}  // namespace yun::cloud
