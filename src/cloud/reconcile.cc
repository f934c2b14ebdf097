#include "cloud/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cloud/ledger_writer.h"
#include "cloud/rollup_writer.h"

namespace yun::cloud {
namespace {

/// Rollups of months by model: all receipts, summed.
constexpr std::string_view kMonthsByModel = "usage_rollup WHERE granularity = 3 AND level = 2 AND workspace_id = ''";
constexpr std::string_view kOtherModels = "(other)";

std::string SumsOfUnits() {
  std::string sums;
  for (std::size_t i = 0; i < kKinds; ++i)
    sums += fmt::format("{}SUM(units_{})", i == 0 ? "" : ", ", KindName(static_cast<Kind>(i)));
  return sums;
}

Result<std::map<std::string, Units, std::less<>>> ReadUnits(store::Connection& db, bool quick) {
  ASSIGN_OR_RETURN(const store::Rows rows, db.Query(fmt::format("SELECT model, {} FROM {} GROUP BY model",
                                                                SumsOfUnits(), quick ? kMonthsByModel : "receipt")));
  std::map<std::string, Units, std::less<>> out;
  for (const store::Row& row : rows)
    for (std::size_t i = 0; i < kKinds; ++i) out[std::string(row.Text(0))].of[i] = row.Int(1 + i);
  return out;
}

void Compare(const Meter::Totals& meter, const std::map<std::string, Units, std::less<>>& receipts,
             Reconciliation& out) {
  struct Three {
    Units engine, ledger, in_flight;
  };
  std::map<std::string, Three> models;
  const bool others = meter.settled.contains(kOtherModels);
  for (const auto& [model, units] : meter.settled) models[model].engine = units;
  for (const auto& [model, units] : meter.running) models[model].in_flight += units;
  for (const auto& [model, units] : receipts) {
    const bool own_line = meter.settled.contains(model) || !others;
    models[own_line ? model : std::string(kOtherModels)].ledger += units;
  }
  for (const auto& [model, three] : models) {
    for (std::size_t i = 0; i < kKinds; ++i) {
      if (three.engine.of[i] == 0 && three.ledger.of[i] == 0 && three.in_flight.of[i] == 0) continue;
      out.lines.push_back({model, static_cast<Kind>(i), three.engine.of[i], three.ledger.of[i], three.in_flight.of[i]});
    }
  }
}

/// By currency: what receipts charged, and in full what the entries say of it.
Status ReadMoney(store::Connection& db, bool quick, Reconciliation& out) {
  std::map<std::string, Reconciliation::Money> money;
  ASSIGN_OR_RETURN(const store::Rows charged,
                   db.Query(fmt::format("SELECT currency, SUM(amount_micro), SUM(partner_micro) FROM {} "
                                        "GROUP BY currency",
                                        quick ? kMonthsByModel : "receipt")));
  for (const store::Row& row : charged) {
    Reconciliation::Money& line = money[std::string(row.Text(0))];
    line.charged = row.Int(1);
    if (quick) {
      line.partners = row.Int(2);
      line.platform = line.charged - line.partners;
    }
  }
  ASSIGN_OR_RETURN(const store::Rows sums,
                   db.Query(fmt::format("SELECT currency, SUM(amount_micro) FROM {} GROUP BY currency",
                                        quick ? "ledger_balance" : "ledger_entry")));
  for (const store::Row& row : sums) money[std::string(row.Text(0))].entries_sum = row.Int(1);
  if (!quick) {
    ASSIGN_OR_RETURN(const store::Rows parts,
                     db.Query("SELECT e.currency, e.account, SUM(e.amount_micro) FROM ledger_entry e "
                              "JOIN ledger_transaction t ON t.id = e.transaction_id WHERE t.kind = 'settle' "
                              "GROUP BY e.currency, e.account"));
    for (const store::Row& row : parts) {
      Reconciliation::Money& line = money[std::string(row.Text(0))];
      if (row.Text(1) == kRevenueAccount) line.platform += row.Int(2);
      if (row.Text(1).starts_with("partner:")) line.partners += row.Int(2);
    }
  }
  for (auto& [currency, line] : money) {
    line.currency = currency;
    out.money.push_back(std::move(line));
  }
  return {};
}

Status ReadBalances(store::Connection& db, Reconciliation& out) {
  using Account = std::pair<std::string, std::string>;
  std::map<Account, std::int64_t> kept, summed;
  ASSIGN_OR_RETURN(const store::Rows balances,
                   db.Query("SELECT account, currency, amount_micro FROM ledger_balance WHERE amount_micro <> 0"));
  for (const store::Row& row : balances) kept[{std::string(row.Text(0)), std::string(row.Text(1))}] = row.Int(2);
  ASSIGN_OR_RETURN(const store::Rows sums,
                   db.Query("SELECT account, currency, SUM(amount_micro) FROM ledger_entry GROUP BY account, currency "
                            "HAVING SUM(amount_micro) <> 0"));
  for (const store::Row& row : sums) summed[{std::string(row.Text(0)), std::string(row.Text(1))}] = row.Int(2);
  std::set<Account> accounts;
  for (const auto* side : {&kept, &summed})
    for (const auto& [account, micro] : *side) accounts.insert(account);
  for (const Account& account : accounts) out.wrong_balances += kept[account] != summed[account];
  ASSIGN_OR_RETURN(const store::Rows unbalanced,
                   db.Query("SELECT COUNT(*) FROM (SELECT transaction_id FROM ledger_entry "
                            "GROUP BY transaction_id, currency HAVING SUM(amount_micro) <> 0) AS unbalanced"));
  out.unbalanced_transactions = unbalanced[0].Int(0);
  return {};
}

}  // namespace

bool Reconciliation::ok() const {
  return unbalanced_transactions == 0 && wrong_balances == 0 && negative_reserved == 0 &&
         std::all_of(lines.begin(), lines.end(), [](const Line& line) { return line.difference() == 0; }) &&
         std::all_of(money.begin(), money.end(),
                     [](const Money& m) { return m.difference() == 0 && m.entries_sum == 0; });
}

Status ReadBooks(store::Database& db, bool quick, Reconciliation& out, const std::function<Meter::Totals()>& meter) {
  return db.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows negative,
                     connection.Query("SELECT account, amount_micro FROM ledger_balance WHERE amount_micro < 0 "
                                      "AND workspace_id <> ''"));
    const Meter::Totals totals = meter();
    for (const store::Row& row : negative) out.negative_reserved += row.Text(0).ends_with(":reserved");
    out.in_flight = static_cast<std::int64_t>(totals.slots);
    ASSIGN_OR_RETURN(const auto receipts, ReadUnits(connection, quick));
    Compare(totals, receipts, out);
    ASSIGN_OR_RETURN(const store::Rows count,
                     connection.Query(quick ? fmt::format("SELECT SUM(requests) FROM {}", kMonthsByModel)
                                            : std::string("SELECT COUNT(*) FROM receipt")));
    out.receipts = count[0].Int(0);
    RETURN_IF_ERROR(ReadMoney(connection, quick, out));
    if (!quick) RETURN_IF_ERROR(ReadBalances(connection, out));
    return {};
  });
}

}  // namespace yun::cloud
