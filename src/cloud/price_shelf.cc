#include "cloud/price_shelf.h"

#include <fmt/format.h>

#include <algorithm>

namespace yun::cloud {

Status StorePrices(store::Database& db, std::string_view version, std::string_view toml, std::string_view actor,
                   std::int64_t now_ms) {
  return db.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT toml FROM price_book WHERE version = ?", {version}));
    if (!rows.empty() && rows[0].Text(0) != toml)
      return Fail(Code::kAlreadyExists, "price book '{}' was loaded before with another text: give it a new version",
                  version);
    // Never at the same time as another, so that one is the latest.
    ASSIGN_OR_RETURN(const store::Rows latest, connection.Query("SELECT COALESCE(MAX(loaded_ms), 0) FROM price_book"));
    RETURN_IF_ERROR(
        connection.Execute("INSERT INTO price_book (version, loaded_ms, actor, toml) VALUES (?, ?, ?, ?) "
                           "ON CONFLICT (version) DO UPDATE SET loaded_ms = excluded.loaded_ms",
                           {version, std::max(now_ms, latest[0].Int(0) + 1), actor, toml}));
    return {};
  });
}

Result<PriceBook> LatestPrices(store::Connection& db) {
  ASSIGN_OR_RETURN(const store::Rows rows,
                   db.Query("SELECT version, toml FROM price_book ORDER BY loaded_ms DESC LIMIT 1"));
  if (rows.empty()) return PriceBook();
  auto book = PriceBook::Parse(rows[0].Text(1));
  if (!book) return Wrap(book.error(), fmt::format("price book '{}'", rows[0].Text(0)));
  return book;
}

Result<std::vector<PriceVersion>> ReadPriceVersions(store::Database& db) {
  std::vector<PriceVersion> versions;
  RETURN_IF_ERROR(db.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT version, loaded_ms, actor FROM price_book ORDER BY loaded_ms DESC "
                                      "LIMIT 10000"));
    for (const store::Row& row : rows)
      versions.push_back({std::string(row.Text(0)), row.Int(1), std::string(row.Text(2))});
    return {};
  }));
  return versions;
}

Result<std::string> ReadPriceText(store::Database& db, std::string_view version) {
  Result<std::string> text = Fail(Code::kNotFound, "no price book '{}'", version);
  RETURN_IF_ERROR(db.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT toml FROM price_book WHERE version = ?", {version}));
    if (!rows.empty()) text = std::string(rows[0].Text(0));
    return {};
  }));
  return text;
}

}  // namespace yun::cloud
