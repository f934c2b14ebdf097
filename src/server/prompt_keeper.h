// Gathers a request and its answers for a workspace that stores them; for all others it does nothing.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "cloud/prompts.h"

namespace yun::server {

/// thread: one at a time
class PromptKeeper {
 public:
  /// `body`: of the request, as it came; of one that is too large to be stored only a part is held.
  void Begin(const cloud::Principal& who, std::string_view body);
  void SetReceipt(std::string_view receipt_id, std::string_view model);
  /// The next piece of an answer.
  void AddText(std::size_t choice, std::string_view text);
  /// All is said: stored as {"ended": ..., "choices": [{"index": 0, "text": "..."}]}. `ended`: "complete", or why not.
  void End(cloud::Prompts& prompts, std::string_view ended);

 private:
  bool wanted_ = false;
  cloud::StoredPrompt prompt_;
  std::map<std::size_t, std::string> texts_;  // by choice
  std::size_t bytes_ = 0;                     // of texts_; more than kPromptBytesMax are not gathered
};

}  // namespace yun::server
