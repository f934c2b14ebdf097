#include "text/unicode/classes.h"

#include <cstring>
#include <map>
#include <string>

namespace yun::unicode {
namespace {

struct Range {
  std::uint32_t first, last;
};
#include "text/unicode/class_ranges.inc"

constexpr std::uint32_t kCodePoints = 0x110000;

template <std::size_t N>
void Mark(const Range (&ranges)[N], std::uint8_t bits, std::vector<std::uint8_t>* all) {
  for (const Range& range : ranges)
    for (std::uint32_t c = range.first; c <= range.last; ++c) (*all)[c] |= bits;
}

}  // namespace

const ClassTable& ClassTable::Get() {
  static const ClassTable table;
  return table;
}

ClassTable::ClassTable() {
  std::vector<std::uint8_t> all(kCodePoints, 0);
  Mark(kLetterRanges, kLetter, &all);
  Mark(kMarkRanges, kMark, &all);
  Mark(kNumberRanges, kNumber | kNumeric, &all);
  Mark(kNumericRanges, kNumeric, &all);
  Mark(kSpaceRanges, kSpace, &all);
  all['\r'] |= kNewline;
  all['\n'] |= kNewline;
  Mark(kNfcUnsafeRanges, kNfcUnsafe, &all);

  std::map<std::string, std::uint16_t> seen;
  for (std::uint32_t page = 0; page < kCodePoints / 256; ++page) {
    const auto* bytes = all.data() + page * 256;
    const auto [at, added] =
        seen.try_emplace(std::string(bytes, bytes + 256), static_cast<std::uint16_t>(pages_.size() / 256));
    if (added) pages_.insert(pages_.end(), bytes, bytes + 256);
    index_[page] = at->second;
  }
}

}  // namespace yun::unicode
