// What the handlers of the admin API work with, and how they answer.
#pragma once
#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/admin/routes.h"

namespace yun::store {
class Database;
}
namespace yun::cloud {
class Directory;
class Invoices;
class Ledger;
class Partners;
class Prompts;
class Quotas;
class Revenue;
class SignIn;
struct Clock;
struct Terms;
}  // namespace yun::cloud

namespace yun::server {
class Adapters;
class ServedModels;
}

namespace yun::server::admin {

/// borrows: all
struct Parts {
  store::Database* database = nullptr;
  cloud::Directory* directory = nullptr;
  cloud::SignIn* sign_in = nullptr;
  cloud::Ledger* ledger = nullptr;
  cloud::Quotas* quotas = nullptr;
  cloud::Partners* partners = nullptr;
  cloud::Invoices* invoices = nullptr;
  cloud::Revenue* revenue = nullptr;
  cloud::Prompts* prompts = nullptr;
  const cloud::Clock* clock = nullptr;
  Adapters* adapters = nullptr;
  ServedModels* models = nullptr;
  std::filesystem::path home;
  std::string local_key;  // good for an operator on this machine; empty: none
  std::string url;        // where the console is, for links: "https://cloud.example.com"
};

inline constexpr std::int64_t kPageItems = 100, kPageItemsMax = 1000;

/// The query of a route that gives pages.
const Schema& PageQuery();
Field LimitField();
Field CursorField();

Reply Json(const boost::json::value& value, int status = 200);
/// 204 where the route says so.
Reply Nothing();

/// A page of items that have no place of their own in time: the cursor counts them.
Result<Reply> CountedPage(const Ask& ask, boost::json::array all);

/// {"object": "list", "data": [...], "next_cursor": "..." or null}
Reply PageReply(boost::json::array items, std::string next_cursor);

/// A page of a whole list, oldest first. `T` has created_ms; `id(item)` is unique.
template <class T, class Id, class Write>
Result<Reply> Page(const Ask& ask, std::vector<T> all, Id id, Write write) {
  const auto place = [&](const T& item) { return std::pair<std::int64_t, std::string>(item.created_ms, id(item)); };
  std::sort(all.begin(), all.end(), [&](const T& a, const T& b) { return place(a) < place(b); });
  std::pair<std::int64_t, std::string> after(-1, "");
  if (const std::string cursor = ask.query.Text("cursor"); !cursor.empty()) {
    const std::size_t dot = cursor.find('.');
    if (dot == std::string::npos || dot == 0 || dot > 15 || cursor.find_first_not_of("0123456789") != dot)
      return Fail(Code::kInvalidArgument, "Invalid 'cursor': give the next_cursor of the page before.");
    after = {std::stoll(cursor.substr(0, dot)), cursor.substr(dot + 1)};
  }
  const auto limit = static_cast<std::size_t>(ask.query.Integer("limit", kPageItems));
  boost::json::array items;
  std::string next;
  for (const T& item : all) {
    if (place(item) <= after) continue;
    if (items.size() == limit) {
      next = std::to_string(after.first) + "." + after.second;
      break;
    }
    items.push_back(write(item));
    after = place(item);
  }
  return PageReply(std::move(items), std::move(next));
}

/// On what terms a workspace pays.
cloud::Terms TermsOf(const cloud::Account& account, const cloud::Workspace& workspace);

/// The key under which a posting happens once: apart for each purpose and each place. Random without a header.
std::string PostingKey(const Ask& ask, std::string_view purpose, std::string_view id);

/// "No such key.": also where there is one, but not the caller's.
tl::unexpected<Error> NoSuch(std::string_view noun);

}  // namespace yun::server::admin
