#include "text/tokenizer/added_tokens.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstring>

#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

namespace yun {
namespace {

bool IsSpace(char32_t code) { return unicode::ClassTable::Get()[code] & unicode::kSpace; }

// \w: letters, marks, decimal digits, letter numbers, connectors, the two joiners.
bool IsWord(char32_t code) {
  if (unicode::ClassTable::Get()[code] & (unicode::kLetter | unicode::kMark)) return true;
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
  return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_PC ||
         code == 0x200C || code == 0x200D;
}

char32_t FirstOf(std::string_view text, std::size_t at, std::size_t* bytes) {
  int length;
  const char32_t code = unicode::DecodeValid(text.data() + at, &length);
  *bytes = static_cast<std::size_t>(length);
  return code;
}

// The character that ends before `at` > 0, and where it starts.
char32_t LastOf(std::string_view text, std::size_t at, std::size_t* start) {
  do --at;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  *start = at;
  std::size_t bytes;
  return FirstOf(text, at, &bytes);
}

}  // namespace

void AddedTokens::Add(const AddedToken& token) {
  if (token.content.empty()) return;
  std::uint32_t node = 0;
  for (const char c : token.content) {
    const std::uint64_t key = static_cast<std::uint64_t>(node) << 8 | static_cast<unsigned char>(c);
    const auto [at, added] = edges_.try_emplace(key, static_cast<std::uint32_t>(ends_.size()));
    if (added) ends_.push_back(-1);
    node = at->second;
  }
  if (ends_[node] >= 0) return;
  ends_[node] = static_cast<std::int32_t>(tokens_.size());
  tokens_.push_back(token);
  const auto first = static_cast<unsigned char>(token.content.front());
  first_[first] = true;
  only_first_ = only_first_ == -1 || only_first_ == first ? first : -2;
}

std::size_t AddedTokens::FirstCandidate(std::string_view all, std::size_t from) const {
  if (from >= all.size()) return all.size();
  if (only_first_ >= 0) {
    const void* at = std::memchr(all.data() + from, only_first_, all.size() - from);
    return at == nullptr ? all.size() : static_cast<std::size_t>(static_cast<const char*>(at) - all.data());
  }
  while (from < all.size() && !first_[static_cast<unsigned char>(all[from])]) ++from;
  return from;
}

AddedTokens::Match AddedTokens::MatchAt(std::string_view all, std::size_t at) const {
  Match match;
  std::uint32_t node = 0;
  for (std::size_t i = at; i < all.size(); ++i) {
    const auto edge = edges_.find(static_cast<std::uint64_t>(node) << 8 | static_cast<unsigned char>(all[i]));
    if (edge == edges_.end()) break;
    node = edge->second;
    if (ends_[node] >= 0) match = {&tokens_[static_cast<std::size_t>(ends_[node])], i + 1 - at};
  }
  return match;
}

std::size_t AddedTokens::FindFrom(std::string_view all, std::size_t from) const {
  if (tokens_.empty()) return all.size();
  while ((from = FirstCandidate(all, from)) < all.size() && MatchAt(all, from).token == nullptr) ++from;
  return from;
}

bool AddedTokens::Stands(const AddedToken& token, std::string_view all, std::size_t done, std::size_t* start,
                         std::size_t* stop) {
  std::size_t at = 0;
  if (token.single_word) {
    if (*start > 0 && IsWord(LastOf(all, *start, &at))) return false;
    if (*stop < all.size() && IsWord(FirstOf(all, *stop, &at))) return false;
  }
  if (token.lstrip) {
    while (*start > done && IsSpace(LastOf(all, *start, &at))) *start = at;
    *start = std::max(*start, done);
  }
  if (token.rstrip) {
    while (*stop < all.size() && IsSpace(FirstOf(all, *stop, &at))) *stop += at;
  }
  return true;
}

}  // namespace yun
