// Unicode Normalization Form C, as the reference `tokenizers` library computes it (of Unicode 9: later marks are left
// where they stand), since token ids hang on it.
#pragma once
#include <string>
#include <string_view>

namespace yun::unicode {

/// Whether valid text is certainly its own NFC: one fast pass, no false positives.
bool IsNfcQuick(std::string_view valid_utf8);

/// NFC of valid text. Near linear also on long runs of marks.
std::string Nfc(std::string_view valid_utf8);

}  // namespace yun::unicode
