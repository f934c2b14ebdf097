#include "server/admin/parts.h"

#include "cloud/ledger.h"
#include "cloud/random.h"

namespace yun::server::admin {

namespace json = boost::json;

Field LimitField() { return Integer("limit", "how many at most").Between(1, kPageItemsMax); }
Field CursorField() { return Text("cursor", "next_cursor of the page before"); }

const Schema& PageQuery() {
  static const Schema schema{"PageQuery", {LimitField(), CursorField()}};
  return schema;
}

Reply Json(const json::value& value, int status) { return Reply{.status = status, .body = json::serialize(value)}; }
Reply Nothing() { return Reply{.status = 204, .content_type = ""}; }

Reply PageReply(json::array items, std::string next_cursor) {
  json::value next = next_cursor.empty() ? json::value(nullptr) : json::value(next_cursor);
  return Json({{"object", "list"}, {"data", std::move(items)}, {"next_cursor", std::move(next)}});
}

Result<Reply> CountedPage(const Ask& ask, json::array all) {
  const std::string cursor = ask.query.Text("cursor");
  if (cursor.size() > 9 || cursor.find_first_not_of("0123456789") != std::string::npos)
    return Fail(Code::kInvalidArgument, "Invalid 'cursor': give the next_cursor of the page before.");
  const std::size_t from = std::min(cursor.empty() ? 0 : std::stoul(cursor), all.size());
  const std::size_t to = std::min(from + static_cast<std::size_t>(ask.query.Integer("limit", kPageItems)), all.size());
  json::array items;
  for (std::size_t i = from; i < to; ++i) items.push_back(std::move(all[i]));
  return PageReply(std::move(items), to < all.size() ? std::to_string(to) : "");
}

cloud::Terms TermsOf(const cloud::Account& account, const cloud::Workspace& workspace) {
  cloud::Terms terms;
  terms.account_id = account.id;
  terms.currency = account.currency;
  terms.postpaid = account.billing == cloud::Billing::kPostpaid;
  terms.credit_limit_micro = account.credit_limit_micro;
  terms.discount_ppm = static_cast<std::int32_t>(workspace.discount_ppm);
  terms.sandbox = workspace.sandbox;
  return terms;
}

std::string PostingKey(const Ask& ask, std::string_view purpose, std::string_view id) {
  const std::string last = ask.idempotency_key.empty() ? cloud::RandomHex(16) : ask.idempotency_key;
  return fmt::format("admin:{}:{}:{}", purpose, id, last);
}

tl::unexpected<Error> NoSuch(std::string_view noun) { return Fail(Code::kNotFound, "There is no such {}.", noun); }

}  // namespace yun::server::admin
