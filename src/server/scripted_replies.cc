#include "server/scripted_replies.h"

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <span>
#include <thread>
#include <utility>

namespace yun::server {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRepliesMax = 10'000;
constexpr std::uint32_t kNumberMax = 1'000'000;
constexpr std::string_view kThink = "<think>", kEndThink = "</think>", kBlank = " \r\n\t";

/// One request's replies, in tokens.
struct Said {
  std::vector<std::vector<TokenId>> replies;
  TokenId end_id = -1, end_think_id = -1;
  std::chrono::microseconds step{};
  std::uint32_t fail_after = 0;
  std::atomic<std::size_t> answers{0};
};

/// Permits the script's next token alone, where `inner` (null: anything goes) permits it too.
class SaidGrammar final : public engine::Grammar {
 public:
  SaidGrammar(std::shared_ptr<Said> said, std::shared_ptr<engine::Grammar> inner)
      : said_(std::move(said)), reply_(said_->replies[said_->answers++ % said_->replies.size()]),
        inner_(std::move(inner)) {}

  Status Mask(std::span<std::uint32_t> mask) override {
    if (count_ >= said_->fail_after) return Fail(Code::kInternal, "the script lets the engine fail here");
    std::this_thread::sleep_until(due_);
    due_ = Clock::now() + said_->step;
    const TokenId id = Next();
    if (inner_) {
      RETURN_IF_ERROR(inner_->Mask(mask));
      if ((mask[Word(id)] & Bit(id)) == 0) return {};
    }
    std::fill(mask.begin(), mask.end(), 0);
    mask[Word(id)] = Bit(id);
    return {};
  }
  Status Accept(std::int32_t token) override {
    if (inner_) RETURN_IF_ERROR(inner_->Accept(token));
    ++count_;
    Advance(at_, token);
    return {};
  }
  std::size_t Valid(std::span<const std::int32_t> draft) override {
    std::size_t count = 0;
    while (count < draft.size() && at_ + count < reply_.size() && draft[count] == reply_[at_ + count]) ++count;
    return inner_ ? inner_->Valid(draft.first(count)) : count;
  }
  std::vector<std::int32_t> Forced() override { return {}; }  // one token a step, as a model without drafts
  bool Finished() const override { return inner_ ? inner_->Finished() : at_ == reply_.size(); }
  /// For the next answer of n: it says the next reply.
  std::unique_ptr<engine::Grammar> Clone() const override {
    return std::make_unique<SaidGrammar>(said_, inner_ ? inner_->Clone() : nullptr);
  }

 private:
  static std::size_t Word(TokenId id) { return static_cast<std::size_t>(id) / 32; }
  static std::uint32_t Bit(TokenId id) { return std::uint32_t{1} << (id % 32); }
  TokenId Next() const { return at_ < reply_.size() ? reply_[at_] : said_->end_id; }
  void Advance(std::size_t& at, TokenId token) const {
    if (at < reply_.size() && token == reply_[at]) {
      ++at;
    } else if (token == said_->end_think_id) {
      const auto found = std::find(reply_.begin() + static_cast<std::ptrdiff_t>(at), reply_.end(), token);
      if (found != reply_.end()) at = static_cast<std::size_t>(found - reply_.begin()) + 1;
    }
  }

  const std::shared_ptr<Said> said_;
  const std::vector<TokenId>& reply_;  // borrows: said_
  const std::shared_ptr<engine::Grammar> inner_;
  std::size_t at_ = 0;
  std::uint32_t count_ = 0;
  Clock::time_point due_{};
};

class ScriptEngine final : public engine::Engine {
 public:
  ScriptEngine(std::unique_ptr<engine::Engine> engine, Script script, std::shared_ptr<const Tokenizer> tokenizer,
               TokenId end_id)
      : engine_(std::move(engine)), script_(std::move(script)), tokenizer_(std::move(tokenizer)), end_id_(end_id) {}

  Result<std::vector<std::shared_ptr<engine::Stream>>> SubmitGroup(engine::GenerateRequest request,
                                                                   std::uint32_t count) override {
    if (request.task == engine::Task::kGenerate) {
      const std::string prompt = tokenizer_->Decode(request.prompt, false);
      const ScriptedReply* reply = script_.Find(prompt);
      if (reply == nullptr) return Fail(Code::kInvalidArgument, "the script has no reply to this prompt");
      auto said = std::make_shared<Said>();
      said->end_id = end_id_;
      said->end_think_id = tokenizer_->Find(kEndThink);
      said->step = std::chrono::microseconds(reply->step_us);
      said->fail_after = reply->fail_after;
      for (const std::string& text : reply->texts)
        said->replies.push_back(tokenizer_->Encode(ReplyAfter(prompt, text), true));
      request.grammar = std::make_shared<SaidGrammar>(std::move(said), std::move(request.grammar));
    }
    return engine_->SubmitGroup(std::move(request), count);
  }
  Result<engine::Forecast> Foresee(const engine::GenerateRequest& request) override {
    return engine_->Foresee(request);
  }
  Result<std::vector<engine::CacheEntry>> CacheEntries(std::uint64_t salt) override {
    return engine_->CacheEntries(salt);
  }
  Status DropCacheEntry(std::uint64_t salt, std::uint64_t id) override { return engine_->DropCacheEntry(salt, id); }
  engine::EngineStats Stats() const override { return engine_->Stats(); }
  void WaitSettled() override { engine_->WaitSettled(); }
  const ModelConfig& config() const override { return engine_->config(); }
  std::uint32_t context_tokens() const override { return engine_->context_tokens(); }

 private:
  const std::unique_ptr<engine::Engine> engine_;
  const Script script_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  const TokenId end_id_;
};

/// A whole number in [0, kNumberMax]; -1: it is something else.
std::int64_t Number(const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > kNumberMax) return -1;
  return value.get_int64();
}

Result<ScriptedReply> ParseReply(const json::value& value, std::uint32_t step_us) {
  if (!value.is_object()) return Fail(Code::kInvalidArgument, "is no object");
  ScriptedReply reply;
  reply.step_us = step_us;
  for (const auto& [name, field] : value.get_object()) {
    if (name == "when" && field.is_string()) {
      reply.when = std::string(field.get_string());
    } else if (name == "reply" && field.is_string()) {
      reply.texts.emplace_back(field.get_string());
    } else if (name == "reply" && field.is_array()) {
      for (const json::value& text : field.get_array()) {
        if (!text.is_string()) return Fail(Code::kInvalidArgument, "'reply' is no list of texts");
        reply.texts.emplace_back(text.get_string());
      }
    } else if (name == "step_us" && Number(field) >= 0) {
      reply.step_us = static_cast<std::uint32_t>(Number(field));
    } else if (name == "fail_after" && Number(field) >= 0) {
      reply.fail_after = static_cast<std::uint32_t>(Number(field));
    } else {
      return Fail(Code::kInvalidArgument,
                  "'{}': when and reply are texts, step_us and fail_after numbers of at most {}",
                  std::string_view(name.data(), name.size()), kNumberMax);
    }
  }
  if (reply.texts.empty()) return Fail(Code::kInvalidArgument, "has no reply");
  return reply;
}

}  // namespace

Result<Script> Script::Parse(std::string_view text, std::uint32_t step_us) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return Fail(Code::kInvalidArgument, "no JSON: {}", error.message());
  if (!value.is_array() || value.get_array().size() > kRepliesMax)
    return Fail(Code::kInvalidArgument, "no list of at most {} replies", kRepliesMax);
  Script script;
  for (const json::value& entry : value.get_array()) {
    auto reply = ParseReply(entry, step_us);
    if (!reply) return Wrap(std::move(reply.error()), fmt::format("reply {}", script.replies_.size()));
    script.replies_.push_back(std::move(*reply));
  }
  return script;
}

const ScriptedReply* Script::Find(std::string_view prompt) const {
  const ScriptedReply* best = nullptr;
  std::size_t best_at = 0;
  for (const ScriptedReply& reply : replies_) {
    const std::size_t at = reply.when.empty() ? 0 : prompt.rfind(reply.when);
    if (at == std::string_view::npos) continue;
    const bool real = !reply.when.empty(), best_real = best != nullptr && !best->when.empty();
    if (best == nullptr || std::pair(real, at) > std::pair(best_real, best_at)) best = &reply, best_at = at;
  }
  return best;
}

std::string ReplyAfter(std::string_view prompt, std::string_view reply) {
  prompt = prompt.substr(0, prompt.find_last_not_of(kBlank) + 1);
  const bool within = prompt.ends_with(kThink), over = prompt.ends_with(kEndThink);
  if (!reply.starts_with(kThink) || !(within || over)) return std::string(reply);
  const std::size_t end = reply.find(kEndThink);
  if (over && end != std::string_view::npos) reply.remove_prefix(end + kEndThink.size());
  else reply.remove_prefix(kThink.size());
  return std::string(reply.substr(std::min(reply.find_first_not_of(kBlank), reply.size())));
}

std::unique_ptr<engine::Engine> WithScript(std::unique_ptr<engine::Engine> engine, Script script,
                                           std::shared_ptr<const Tokenizer> tokenizer, TokenId end_id) {
  return std::make_unique<ScriptEngine>(std::move(engine), std::move(script), std::move(tokenizer), end_id);
}

}  // namespace yun::server
