#include "cloud/statement.h"

#include <algorithm>
#include <boost/json.hpp>

#include "cloud/clock.h"
#include "cloud/csv.h"
#include "cloud/postings.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

std::int64_t DayOf(std::int64_t at_ms) { return at_ms - at_ms % kDayMs; }

}  // namespace

// The opening balance is today's less all that has moved since: so no sum over the ledger's whole past is needed.
// Charges come by day from the rollups, which are written with the postings; the few others one by one.
Result<Statement> StatementOf(store::Database& database, const BillTo& to, std::int64_t from_ms, std::int64_t to_ms) {
  if (from_ms < 0 || to_ms <= from_ms || from_ms != DayOf(from_ms) || to_ms != DayOf(to_ms))
    return Fail(Code::kInvalidArgument, "a statement is over whole days (UTC), the end after the beginning");
  Statement statement{
      .account_id = to.account_id, .name = to.name, .currency = to.currency, .from_ms = from_ms, .to_ms = to_ms};
  std::int64_t after_micro = 0;  // moved since the end
  const auto add = [&](StatementLine line) -> Status {
    if (line.at_ms >= to_ms) {
      after_micro += line.amount_micro;
      return {};
    }
    if (statement.lines.size() >= kStatementLinesMax)
      return Fail(Code::kTooLarge, "a statement of more than {} lines: take a shorter time", kStatementLinesMax);
    statement.lines.push_back(std::move(line));
    return {};
  };
  RETURN_IF_ERROR(database.Read([&](store::Connection& connection) -> Status {
    for (const BilledWorkspace& workspace : to.workspaces) {
      const std::string available = "ws:" + workspace.id + ":available", reserved = "ws:" + workspace.id + ":reserved";
      ASSIGN_OR_RETURN(const store::Rows balance,
                       connection.Query("SELECT COALESCE(SUM(amount_micro), 0) FROM ledger_balance WHERE currency = ? "
                                        "AND (account = ? OR account = ?)",
                                        {to.currency, available, reserved}));
      statement.closing_micro += balance.at(0).Int(0);
      ASSIGN_OR_RETURN(
          const store::Rows days,
          connection.Query("SELECT start_ms, SUM(amount_micro) FROM usage_rollup WHERE granularity = 2 AND "
                           "level = 1 AND workspace_id = ? AND start_ms >= ? AND currency = ? GROUP BY "
                           "start_ms ORDER BY start_ms",
                           {workspace.id, from_ms, to.currency}));
      for (const store::Row& day : days)
        if (day.Int(1) != 0)
          RETURN_IF_ERROR(
              add({day.Int(0) + kDayMs - 1, workspace.id, "charge", "usage of " + workspace.name, -day.Int(1)}));
      ASSIGN_OR_RETURN(const std::vector<PostingRow> postings,
                       PostingsSince(connection, workspace.id, {available, reserved}, to.currency, from_ms));
      for (const PostingRow& posting : postings)
        RETURN_IF_ERROR(add({posting.created_ms, workspace.id, posting.kind, posting.note, posting.amount_micro}));
    }
    return {};
  }));
  statement.closing_micro -= after_micro;
  statement.opening_micro = statement.closing_micro;
  for (const StatementLine& line : statement.lines) {
    statement.opening_micro -= line.amount_micro;
    if (line.kind == "charge")
      statement.charges_micro -= line.amount_micro;
    else if (line.kind == "top_up")
      statement.top_ups_micro += line.amount_micro;
    else if (line.kind == "credit_note")
      statement.credits_micro += line.amount_micro;
    else
      statement.other_micro += line.amount_micro;
  }
  std::ranges::stable_sort(statement.lines, {}, &StatementLine::at_ms);
  std::int64_t balance = statement.opening_micro;
  for (StatementLine& line : statement.lines) line.balance_micro = balance += line.amount_micro;
  return statement;
}

std::string StatementJson(const Statement& statement) {
  json::array lines;
  for (const StatementLine& line : statement.lines)
    lines.push_back(json::object{{"at_ms", line.at_ms},
                                 {"workspace_id", line.workspace_id},
                                 {"kind", line.kind},
                                 {"text", line.text},
                                 {"amount_micro", line.amount_micro},
                                 {"balance_micro", line.balance_micro}});
  return json::serialize(json::object{{"account_id", statement.account_id},
                                      {"name", statement.name},
                                      {"currency", statement.currency},
                                      {"from_ms", statement.from_ms},
                                      {"to_ms", statement.to_ms},
                                      {"opening_micro", statement.opening_micro},
                                      {"top_ups_micro", statement.top_ups_micro},
                                      {"charges_micro", statement.charges_micro},
                                      {"credits_micro", statement.credits_micro},
                                      {"other_micro", statement.other_micro},
                                      {"closing_micro", statement.closing_micro},
                                      {"lines", std::move(lines)}});
}

std::string StatementCsv(const Statement& statement) {
  CsvWriter csv;
  for (const char* name : {"date", "workspace_id", "kind", "text", "amount", "balance", "currency"}) csv.Text(name);
  csv.EndRow();
  const auto row = [&](std::int64_t at_ms, std::string_view workspace, std::string_view kind, std::string_view text,
                       std::int64_t amount, std::int64_t balance) {
    csv.Text(DateText(at_ms)).Text(workspace).Text(kind).Text(text);
    csv.Number(MicroText(amount)).Number(MicroText(balance)).Text(statement.currency).EndRow();
  };
  row(statement.from_ms, "", "opening", "", 0, statement.opening_micro);
  for (const StatementLine& line : statement.lines)
    row(line.at_ms, line.workspace_id, line.kind, line.text, line.amount_micro, line.balance_micro);
  row(statement.to_ms - 1, "", "closing", "", 0, statement.closing_micro);
  return csv.text();
}

}  // namespace yun::cloud
