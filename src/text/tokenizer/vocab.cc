#include "text/tokenizer/vocab.h"

#include <bit>
#include <functional>

namespace yun {

Status Vocab::Set(std::int64_t id, std::string_view bytes, bool findable) {
  if (id < 0 || id >= kMaxTokens) return Fail(Code::kCorrupt, "token id {} is outside of 0 to {}", id, kMaxTokens - 1);
  if (bytes.size() > kMaxTokenBytes) {
    return Fail(Code::kTooLarge, "token {} has {} bytes; the limit is {}", id, bytes.size(), kMaxTokenBytes);
  }
  if (bytes_.size() + bytes.size() > kMaxVocabBytes) {
    return Fail(Code::kTooLarge, "the tokens together have more than {} bytes", kMaxVocabBytes);
  }
  const auto at = static_cast<std::size_t>(id);
  if (at >= entries_.size()) entries_.resize(at + 1);
  if (entries_[at].set) return Fail(Code::kCorrupt, "token id {} is given to two tokens", id);
  entries_[at] = {static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint16_t>(bytes.size()), true, findable};
  bytes_.append(bytes);
  return {};
}

void Vocab::Index() {
  slots_.assign(std::bit_ceil(entries_.size() * 2 + 2), -1);
  const std::size_t mask = slots_.size() - 1;
  for (TokenId id = 0; id < size(); ++id) {
    if (!entries_[static_cast<std::size_t>(id)].findable) continue;
    const std::string_view bytes = Bytes(id);
    std::size_t slot = std::hash<std::string_view>()(bytes) & mask;
    while (slots_[slot] >= 0 && Bytes(slots_[slot]) != bytes) slot = (slot + 1) & mask;
    if (slots_[slot] < 0) slots_[slot] = id;
  }
}

TokenId Vocab::Find(std::string_view bytes) const {
  if (slots_.empty()) return -1;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(bytes) & mask;
  while (slots_[slot] >= 0) {
    if (Bytes(slots_[slot]) == bytes) return slots_[slot];
    slot = (slot + 1) & mask;
  }
  return -1;
}

}  // namespace yun
