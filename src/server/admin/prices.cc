// The price book: what holds now, what held before, and loading another.
#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::PriceBook;
using cloud::Right;

namespace {

constexpr std::int64_t kPriceTextCharactersMax = 1 << 20;

const Schema kRow{
    "PriceRow",
    {Text("model", "").Required(), Text("currency", "").Required(), Time("from_ms", "").Required(),
     Time("until_ms", "0: until replaced").Required(), Integer("over_input_tokens", "the tier").Required(),
     Any("micro_per_million", "millionths of the currency's unit for a million units, by kind").Required(),
     Integer("batch_ppm", "the part of the price that batch requests pay").Required()}};
const Schema kFree{"FreeQuota",
                   {Text("id", "").Required(), Text("workspace", "").Required(), Text("model", "").Required(),
                    Time("from_ms", "").Required(), Time("until_ms", "").Required(), Integer("tokens", "").Required()}};
const Schema kDiscount{"Discount",
                       {Text("workspace", "").Required(), Text("model", "").Required(), Time("from_ms", "").Required(),
                        Time("until_ms", "").Required(), Integer("ppm", "").Required()}};
const Schema kBook{"PriceBook",
                   {Text("version", "").Required(),
                    Boolean("example", "made-up prices that show the format: not for real use").Required(),
                    Boolean("refuse_unpriced", "models without a price are refused; else they cost 0").Required(),
                    Objects("prices", "", kRow).Required(), Objects("free", "", kFree).Required(),
                    Objects("discounts", "operators see them", kDiscount)}};
const Schema kText{"PriceText", {Text("toml", "the book").Lines(kPriceTextCharactersMax).Required()}};
const Schema kCheck{"PriceCheck",
                    {Text("version", "").Required(), Boolean("example", "").Required(),
                     Texts("differences", "from the book that holds now").Required()}};
const Schema kVersion{"PriceVersion",
                      {Text("version", "").Required(), Time("loaded_ms", "").Required(), Text("actor", "").Required()}};

Result<Reply> Show(const Parts& parts, const Ask& ask) {
  const auto book = parts.ledger->prices();
  json::array prices, free;
  for (const cloud::PriceRow& row : book->prices()) {
    json::object micro;
    for (std::size_t k = 0; k < cloud::kKinds; ++k)
      micro[cloud::KindName(static_cast<cloud::Kind>(k))] = row.micro_per_million[k];
    prices.push_back({{"model", row.model},
                      {"currency", row.currency},
                      {"from_ms", row.from_ms},
                      {"until_ms", row.until_ms},
                      {"over_input_tokens", row.over_input_tokens},
                      {"micro_per_million", std::move(micro)},
                      {"batch_ppm", row.batch_ppm}});
  }
  // What one workspace has is no business of another.
  for (const cloud::FreeRow& row : book->free())
    if (row.workspace == "*" || ask.caller.is_operator)
      free.push_back({{"id", row.id},
                      {"workspace", row.workspace},
                      {"model", row.model},
                      {"from_ms", row.from_ms},
                      {"until_ms", row.until_ms},
                      {"tokens", row.tokens}});
  json::object out{{"version", book->version()},
                   {"example", book->example()},
                   {"refuse_unpriced", book->refuse_unpriced()},
                   {"prices", std::move(prices)},
                   {"free", std::move(free)}};
  if (ask.caller.is_operator) {
    json::array discounts;
    for (const cloud::DiscountRow& row : book->discounts())
      discounts.push_back({{"workspace", row.workspace},
                           {"model", row.model},
                           {"from_ms", row.from_ms},
                           {"until_ms", row.until_ms},
                           {"ppm", row.ppm}});
    out["discounts"] = std::move(discounts);
  }
  return Json(out);
}

json::object Compared(const PriceBook& now, const PriceBook& then) {
  json::array lines;
  const std::string diff = cloud::Diff(now, then);
  for (std::size_t at = 0; at < diff.size();) {
    const std::size_t end = std::min(diff.find('\n', at), diff.size());
    lines.emplace_back(diff.substr(at, end - at));
    at = end + 1;
  }
  return {{"version", then.version()}, {"example", then.example()}, {"differences", std::move(lines)}};
}

Result<Reply> Check(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const PriceBook book, PriceBook::Parse(ask.body.Text("toml")));
  return Json(Compared(*parts.ledger->prices(), book));
}

Result<Reply> Load(const Parts& parts, const Ask& ask) {
  const std::string toml = ask.body.Text("toml");
  ASSIGN_OR_RETURN(const PriceBook book, PriceBook::Parse(toml));
  const json::object compared = Compared(*parts.ledger->prices(), book);
  const cloud::Actor& actor = ask.caller.actor;
  RETURN_IF_ERROR(parts.ledger->LoadPrices(toml, actor.person_id.empty() ? actor.key_id : actor.person_id));
  Reply reply = Json(compared);
  reply.target = book.version();
  return reply;
}

Result<Reply> Versions(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const std::vector<cloud::PriceVersion> versions, parts.ledger->PriceVersions());
  json::array items;
  for (const cloud::PriceVersion& v : versions)
    items.push_back({{"version", v.version}, {"loaded_ms", v.loaded_ms}, {"actor", v.actor}});
  return CountedPage(ask, std::move(items));
}

Reply Toml(std::string text) { return Reply{.body = std::move(text), .content_type = "application/toml"}; }

Result<Reply> ShowText(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(std::string text, parts.ledger->PriceText(ask.Path("version")));
  return Toml(std::move(text));
}

Result<Reply> Example(const Parts&, const Ask&) { return Toml(std::string(cloud::ExamplePriceBook())); }

}  // namespace

std::vector<Route> PriceRoutes() {
  const std::vector<std::string_view> toml = {"application/toml"};
  return {
      {"GET", "/prices", "price.show", "The prices that hold now", Whose::kCaller, {}, Show, nullptr, nullptr, &kBook},
      {"POST", "/prices", "price.load", "Loads a price book; it holds for requests from now on", Whose::kCloud,
       Right::kOperate, Load, nullptr, &kText, &kCheck},
      {"POST", "/prices/check", "price.check", "Reads a price book and says what would change", Whose::kCloud,
       Right::kOperate, Check, nullptr, &kText, &kCheck, false, 200, Audit::kBelow},
      {"GET", "/prices/example", "price.example", "An example that shows the format, with made-up prices",
       Whose::kCloud, Right::kOperate, Example, nullptr, nullptr, nullptr, false, 200, Audit::kHere, false, toml},
      {"GET", "/prices/versions", "price.versions", "The books that were loaded", Whose::kCloud, Right::kOperate,
       Versions, &PageQuery(), nullptr, &kVersion, true},
      {"GET", "/prices/versions/{version}", "price.text", "The text of one", Whose::kCloud, Right::kOperate, ShowText,
       nullptr, nullptr, nullptr, false, 200, Audit::kHere, false, toml},
  };
}

}  // namespace yun::server::admin
