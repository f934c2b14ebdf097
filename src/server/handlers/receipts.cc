// GET /v1/receipts/{id}: what a request used, at what price, and what is left to spend.
#include <boost/json.hpp>

#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace json = boost::json;

void GetReceipt(Service& service, Call call) {
  const cloud::Principal& who = *call.principal;
  const auto missing = [&] {
    call.Fail({404, fmt::format("No such receipt: '{}'.", call.tail.substr(0, 64)), "", "not_found"});
  };
  const Result<cloud::Receipt> found = service.cloud->ledger->FindReceipt(call.tail);
  if (!found && found.error().code != Code::kNotFound) return call.Fail(ToApiError(found.error()));
  if (!found || found->workspace_id != who.workspace.id) return missing();
  const cloud::Receipt& receipt = *found;
  if (receipt.key_id != who.key.id && !who.May(cloud::Right::kSeeUsage)) return missing();

  json::object units;
  for (std::size_t i = 0; i < cloud::kKinds; ++i)
    if (receipt.units.of[i] != 0) units[cloud::KindName(static_cast<cloud::Kind>(i))] = receipt.units.of[i];
  json::array lines;
  for (const cloud::ChargeLine& line : receipt.lines)
    lines.push_back(json::object{{"kind", cloud::KindName(line.kind)},
                                 {"units", line.units},
                                 {"free_units", line.free_units},
                                 {"micro_per_million", line.micro_per_million},
                                 {"amount_micro", line.amount_micro}});
  json::object body{{"id", receipt.id},
                    {"object", "receipt"},
                    {"model", receipt.model},
                    {"request_id", receipt.request_id},
                    {"workspace_id", receipt.workspace_id},
                    {"key_id", receipt.key_id},
                    {"app", receipt.app},
                    {"started_ms", receipt.started_ms},
                    {"ended_ms", receipt.ended_ms},
                    {"end_reason", cloud::EndReasonName(receipt.end_reason)},
                    {"batch", receipt.batch},
                    {"units", std::move(units)},
                    {"lines", std::move(lines)},
                    {"discount_ppm", receipt.discount_ppm},
                    {"amount_micro", receipt.amount_micro},
                    {"currency", receipt.currency},
                    {"price_version", receipt.price_version}};
  if (who.May(cloud::Right::kSeeMoney)) {
    const cloud::Balance balance = service.cloud->ledger->BalanceOf(who.workspace.id);
    body["balance"] = json::object{{"available_micro", balance.available_micro},
                                   {"reserved_micro", balance.reserved_micro},
                                   {"currency", balance.currency}};
  }
  call.Respond(200, json::serialize(body));
}

}  // namespace yun::server::handlers
