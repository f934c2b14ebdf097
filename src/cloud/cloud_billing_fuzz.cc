// Billing's readers of JSON: settings that an operator sends, invoices and credit notes that the database gives back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cloud/billing_settings.h"
#include "cloud/invoice.h"
#include "cloud/month.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  using namespace yun::cloud;
  switch (data[0]) {
    case 's': {
      BillingSettings settings;
      if (MergeBillingSettings(text, settings)) {
        BillingSettings again;
        if (!MergeBillingSettings(BillingSettingsJson(settings), again) || !(again == settings)) std::abort();
      }
      break;
    }
    case 'i':
      if (const auto invoice = ParseInvoice(text)) {
        const auto again = ParseInvoice(InvoiceJson(*invoice));
        if (!again || !(*again == *invoice)) std::abort();
        (void)InvoiceCsv(*invoice);
      }
      break;
    case 'n':
      if (const auto note = ParseCreditNote(text)) {
        const auto again = ParseCreditNote(CreditNoteJson(*note));
        if (!again || !(*again == *note)) std::abort();
      }
      break;
    default:
      if (const auto month = Month::Parse(text); month && month->Text() != text) std::abort();
  }
  return 0;
}
