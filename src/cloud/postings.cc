#include "cloud/postings.h"

#include <algorithm>

#include "store/database.h"

namespace yun::cloud {

// The condition on `kind` is that of the index ledger_transaction_others, word for word. Entries are read by their
// primary key, one transaction after another, instead of a join: there are few, and a planner without statistics begins
// such a join with all entries of the account (seen on PostgreSQL: seconds).
Result<std::vector<PostingRow>> PostingsSince(store::Connection& connection, std::string_view workspace_id,
                                              std::initializer_list<std::string_view> accounts,
                                              std::string_view currency, std::int64_t from_ms) {
  ASSIGN_OR_RETURN(const store::Rows transactions,
                   connection.Query("SELECT id, created_ms, kind, note FROM ledger_transaction WHERE kind NOT IN "
                                    "('hold', 'settle', 'release') AND workspace_id = ? AND created_ms >= ? ORDER BY "
                                    "created_ms, id LIMIT ?",
                                    {workspace_id, from_ms, static_cast<std::int64_t>(kPostingsReadMax) + 1}));
  if (transactions.size() > kPostingsReadMax)
    return Fail(Code::kTooLarge, "more than {} postings since then: begin later", kPostingsReadMax);
  std::vector<PostingRow> postings;
  for (const store::Row& transaction : transactions) {
    ASSIGN_OR_RETURN(
        const store::Rows entries,
        connection.Query("SELECT account, currency, amount_micro FROM ledger_entry WHERE transaction_id = ?",
                         {transaction.Int(0)}));
    PostingRow posting{transaction.Int(1), std::string(transaction.Text(2)), std::string(transaction.Text(3))};
    for (const store::Row& entry : entries)
      if (entry.Text(1) == currency && std::ranges::find(accounts, entry.Text(0)) != accounts.end())
        posting.amount_micro += entry.Int(2);
    if (posting.amount_micro != 0) postings.push_back(std::move(posting));
  }
  return postings;
}

}  // namespace yun::cloud
