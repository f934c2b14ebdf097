// The operator's view of the business.
#include "cloud/ledger.h"
#include "cloud/revenue.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

using cloud::Month;
using cloud::Right;

namespace {

constexpr int kMonthsShown = 12;

Field CurrencyField() { return Text("currency", "CNY when left out").Between(3, 3).Like(kCurrency); }
Field MonthField(std::string_view name, std::string_view about) { return Text(name, about).Between(7, 7).Like(kMonth); }
const Schema kMonthsQuery{
    "RevenueQuery",
    {CurrencyField(), MonthField("first", "a year ago when left out"), MonthField("last", "this month when left out")}};
const Schema kMonthQuery{"MonthQuery", {CurrencyField(), MonthField("month", "this month when left out")}};
const Schema kTopQuery{
    "TopQuery",
    {CurrencyField(), MonthField("month", "this month when left out"), Integer("limit", "how many").Between(1, 1000)}};

Result<Month> MonthOf(const Parts& parts, const Ask& ask, std::string_view field, int otherwise) {
  const std::string text = ask.query.Text(field);
  if (text.empty()) return Month::Of(parts.ledger->now_ms()).Plus(otherwise);
  return Month::Parse(text);
}
std::string Currency(const Ask& ask) { return ask.query.Text("currency", "CNY"); }

Result<Reply> Months(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Month first, MonthOf(parts, ask, "first", 1 - kMonthsShown));
  ASSIGN_OR_RETURN(const Month last, MonthOf(parts, ask, "last", 0));
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const auto months, parts.revenue->Months(Currency(ask), first, last));
  return Reply{.body = cloud::RevenueMonthsJson(Currency(ask), months)};
}

Result<Reply> Workspaces(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Month month, MonthOf(parts, ask, "month", 0));
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const auto top, parts.revenue->TopWorkspaces(
                                       Currency(ask), month, static_cast<std::size_t>(ask.query.Integer("limit", 20))));
  return Reply{.body = cloud::TopWorkspacesJson(Currency(ask), top)};
}

Result<Reply> Models(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Month month, MonthOf(parts, ask, "month", 0));
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const auto models, parts.revenue->ByModel(Currency(ask), month));
  return Reply{.body = cloud::ModelProfitsJson(Currency(ask), models)};
}

}  // namespace

std::vector<Route> ReportRoutes() {
  return {
      {"GET", "/reports/revenue", "report.revenue", "What recurs, what is new, what was lost, month by month",
       Whose::kCloud, Right::kOperate, Months, &kMonthsQuery},
      {"GET", "/reports/workspaces", "report.workspaces", "Who used most in a month", Whose::kCloud, Right::kOperate,
       Workspaces, &kTopQuery},
      {"GET", "/reports/models", "report.models", "What each model earned and cost in a month", Whose::kCloud,
       Right::kOperate, Models, &kMonthQuery},
  };
}

}  // namespace yun::server::admin
