#include "server/dry_run.h"

#include <boost/json.hpp>
#include <cmath>

namespace yun::server {

namespace json = boost::json;

void AnswerDryRun(Call& call, const Model& model, const std::vector<std::vector<engine::TokenId>>& prompts,
                  engine::GenerateRequest each, cloud::Grant& grant) {
  using cloud::Kind;
  const cloud::Reservation& reserved = grant.reservation();
  const auto answers = static_cast<std::int64_t>(reserved.tickets.size());
  const std::int64_t most_micro = reserved.reserved_micro, output_max = grant.output_tokens();
  const cloud::MeterInfo info = reserved.info;
  grant.Release();

  each.adapter = model.adapter;
  cloud::Units input;
  engine::Forecast first;
  for (const auto& prompt : prompts) {
    each.prompt = prompt;
    const Result<engine::Forecast> foreseen = model.engine->Foresee(each);
    if (!foreseen) return call.Fail(ToApiError(foreseen.error()));
    if (&prompt == &prompts.front()) first = *foreseen;
    const auto cached = static_cast<std::int64_t>(foreseen->cached_tokens);
    input[Kind::kCachedInput] += cached;
    input[Kind::kInput] += static_cast<std::int64_t>(prompt.size()) - cached;
  }
  const cloud::Charge charge = cloud::ChargeOf(input, info.rates, info.batch, info.free_reserved);
  const auto milliseconds = [](double seconds) { return static_cast<std::int64_t>(std::ceil(1000 * seconds)); };
  call.Respond(200, json::serialize(json::object{
                        {"id", call.request_id},
                        {"object", "dry_run"},
                        {"model", model.id},
                        {"prompt_tokens", input.Total()},
                        {"cached_tokens", input[Kind::kCachedInput]},
                        {"answers", answers},
                        {"output_tokens_max", output_max},
                        {"price", json::object{{"currency", info.currency},
                                               {"price_version", info.price_version},
                                               {"input_micro", charge.amount_micro},
                                               {"input_free_tokens", charge.free_units},
                                               {"output_micro_per_million",
                                                info.rates.micro_per_million[static_cast<std::size_t>(Kind::kOutput)]},
                                               {"most_micro", most_micro}}},
                        {"queue", json::object{{"waiting", first.waiting},
                                               {"running", first.running},
                                               {"start_ms", milliseconds(first.start_seconds)},
                                               {"first_token_ms", milliseconds(first.first_token_seconds)}}}}));
}

}  // namespace yun::server
