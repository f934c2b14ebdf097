// A price book from outside: read or refused, and what is read can be used at any time, for any request.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cloud/price_book.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::cloud;
  const auto must = [](bool condition) {
    if (!condition) std::abort();
  };
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto book = PriceBook::Parse(text);
  if (!book) {
    must(!book.error().message.empty());
    return 0;
  }
  must(Diff(*book, *book).empty() && !book->version().empty());
  Units most;
  most.of.fill(kUnitsMax);
  for (const PriceRow& row : book->prices()) {
    for (const std::int64_t at : {std::int64_t{0}, row.from_ms, row.until_ms, INT64_MAX}) {
      const Rates rates = book->RatesFor(row.model, row.currency, at, row.over_input_tokens + 1);
      must(BoundOf(most, rates, true, 5) >= ChargeOf(most, rates, true, 5).amount_micro);
      (void)book->DiscountFor("ws", row.model, at);
      (void)book->FreeFor("ws", row.model, at, [](const FreeRow& free) { return free.tokens > 0; });
    }
  }
  return 0;
}
