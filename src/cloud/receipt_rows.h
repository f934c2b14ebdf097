// Receipts as rows of the table `receipt`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cloud/bulk_insert.h"
#include "cloud/ledger.h"
#include "store/database.h"

namespace yun::cloud {

/// The columns in the order in which AddReceipt and ReceiptOf take them.
inline constexpr std::string_view kReceiptColumns =
    "id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, "
    "batch, "
    "units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, "
    "units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, "
    "free_units, "
    "discount_ppm, currency, price_version";
inline constexpr std::size_t kReceiptColumnCount = 19 + kKinds;

void AddReceipt(BulkInsert& insert, const Receipt& receipt);
Receipt ReceiptOf(const store::Row& row);

/// [["input", units, free units, micro a million, amount], ...]
std::string LinesText(const std::vector<ChargeLine>& lines);
/// Empty when the text is none of LinesText.
std::vector<ChargeLine> LinesOf(std::string_view text);

/// As Ledger::ListReceipts. `workspaces`: those to look through.
Result<std::vector<Receipt>> QueryReceipts(store::Database& db, const ReceiptQuery& query,
                                           const std::vector<std::string>& workspaces);

}  // namespace yun::cloud
