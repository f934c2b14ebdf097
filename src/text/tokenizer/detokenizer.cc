#include "text/tokenizer/detokenizer.h"

#include <algorithm>
#include <utility>

#include "text/unicode/utf8.h"

namespace yun {

Detokenizer::Detokenizer(const Tokenizer& tokenizer, std::vector<std::string> stop, bool skip_special)
    : tokenizer_(tokenizer), skip_special_(skip_special) {
  for (std::string& text : stop) {
    // Whole characters only, so that a stop string can only be found on a character's edge.
    if (!text.empty()) stop_.push_back(unicode::IsValid(text) ? std::move(text) : unicode::ReplaceInvalid(text));
  }
}

std::string Detokenizer::Push(TokenId id) {
  if (stopped_ || (skip_special_ && tokenizer_.IsSpecial(id))) return {};
  partial_ += tokenizer_.Bytes(id);
  const std::size_t unfinished = unicode::AppendReplaced(partial_, &held_);
  partial_.erase(0, partial_.size() - unfinished);
  return Release(false);
}

std::string Detokenizer::Finish() {
  if (stopped_) return {};
  if (!partial_.empty()) held_ += unicode::kReplacementUtf8;
  partial_.clear();
  return Release(true);
}

// What of held_ is certain. The first stop string is the one that starts first; of two that start together, the
// shorter.
std::string Detokenizer::Release(bool final) {
  std::size_t cut = std::string::npos;
  const std::string* found = nullptr;
  for (const std::string& stop : stop_) {
    const std::size_t at = held_.find(stop);
    if (at == std::string::npos) continue;
    if (at < cut || (at == cut && stop.size() < found->size())) {
      cut = at;
      found = &stop;
    }
  }
  std::size_t certain = held_.size();
  if (!final) {
    // A longer stop string may still come to an end, and it may begin before one that is already there.
    for (const std::string& stop : stop_) {
      const std::size_t longest = std::min(stop.size() - 1, held_.size());
      for (std::size_t at = held_.size() - longest; at < std::min(certain, held_.size()); ++at) {
        if (std::string_view(stop).substr(0, held_.size() - at) == std::string_view(held_).substr(at)) certain = at;
      }
    }
  }
  if (found != nullptr && cut <= certain) {
    stopped_ = true;
    stop_string_ = *found;
    std::string out = held_.substr(0, cut);
    held_.clear();
    partial_.clear();
    return out;
  }
  std::string out = held_.substr(0, certain);
  held_.erase(0, certain);
  return out;
}

}  // namespace yun
