// Compares what the meter counted with what the ledger says, and the ledger with itself.
#pragma once
#include <functional>

#include "cloud/ledger.h"
#include "cloud/meter.h"
#include "store/database.h"

namespace yun::cloud {

/// Fills all but unpriced_models. `meter` is called once, when the database's state that will be read is fixed.
Status ReadBooks(store::Database& db, bool quick, Reconciliation& out, const std::function<Meter::Totals()>& meter);

}  // namespace yun::cloud
