#include "server/prompt_keeper.h"

#include <boost/json.hpp>
#include <utility>

namespace yun::server {

namespace json = boost::json;

void PromptKeeper::Begin(const cloud::Principal& who, std::string_view body) {
  if (!cloud::Prompts::Wants(who.workspace)) return;
  wanted_ = true;
  prompt_.workspace_id = who.workspace.id;
  prompt_.key_id = who.key.id;
  prompt_.request = body.substr(0, cloud::kPromptBytesMax + 1);
}

void PromptKeeper::SetReceipt(std::string_view receipt_id, std::string_view model) {
  prompt_.receipt_id = receipt_id;
  prompt_.model = model;
}

void PromptKeeper::AddText(std::size_t choice, std::string_view text) {
  if (!wanted_ || bytes_ > cloud::kPromptBytesMax) return;
  texts_[choice] += text;
  bytes_ += text.size();
}

void PromptKeeper::End(cloud::Prompts& prompts, std::string_view ended) {
  if (!std::exchange(wanted_, false) || prompt_.receipt_id.empty()) return;
  json::array choices;
  for (const auto& [index, text] : texts_) choices.push_back(json::object{{"index", index}, {"text", text}});
  prompt_.answer = json::serialize(json::object{{"ended", ended}, {"choices", std::move(choices)}});
  prompts.Keep(std::move(prompt_));
}

}  // namespace yun::server
