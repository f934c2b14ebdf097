#include "server/request_meter.h"

#include <algorithm>

namespace yun::server {

namespace {

cloud::EndReason ToReason(engine::FinishReason reason) {
  switch (reason) {
    case engine::FinishReason::kStop:
      return cloud::EndReason::kStop;
    case engine::FinishReason::kLength:
      return cloud::EndReason::kLength;
    case engine::FinishReason::kAborted:
    case engine::FinishReason::kTimeout:  // the caller's own
      return cloud::EndReason::kAborted;
    case engine::FinishReason::kNone:
    case engine::FinishReason::kError:
      break;
  }
  return cloud::EndReason::kError;
}

}  // namespace

cloud::Units UnitsOf(engine::Task task, const engine::Usage& usage, bool counts_prompt) {
  using cloud::Kind;
  const auto signed_of = [](std::uint64_t tokens) { return static_cast<std::int64_t>(tokens); };
  cloud::Units units;
  const std::int64_t prompt = counts_prompt ? signed_of(usage.prompt_tokens) : 0;
  const std::int64_t cached = counts_prompt ? signed_of(std::min(usage.cached_tokens, usage.prompt_tokens)) : 0;
  switch (task) {
    case engine::Task::kGenerate:
      units[Kind::kCacheWrite] = counts_prompt ? signed_of(usage.kept_tokens) : 0;
      units[Kind::kInput] = prompt - cached - units[Kind::kCacheWrite];
      units[Kind::kCachedInput] = cached;
      units[Kind::kThinking] = signed_of(usage.thinking_tokens);
      units[Kind::kOutput] = signed_of(usage.generated_tokens - usage.thinking_tokens);
      break;
    case engine::Task::kEmbed:
      units[Kind::kEmbedding] = prompt;
      break;
    case engine::Task::kScore:
      units[Kind::kRerank] = prompt;
      break;
    case engine::Task::kCache:
      units[Kind::kCachedInput] = cached;
      units[Kind::kCacheWrite] = prompt - cached;
      break;
  }
  return units;
}

LateCharge::~LateCharge() {
  if (grant_) grant_->Leave();
}

void LateCharge::Ended(std::shared_ptr<cloud::Grant> grant, cloud::EndReason reason) {
  std::lock_guard lock(mutex_);
  grant_ = std::move(grant);
  reason_ = reason;
  Settle();
}

void LateCharge::Decide(bool kept) {
  std::lock_guard lock(mutex_);
  kept_ = kept;
  Settle();
}

void LateCharge::Settle() {
  if (!grant_ || !kept_) return;
  using enum cloud::EndReason;
  grant_->Settle(!*kept_ ? kAborted : reason_ == kLength ? kLength : kStop);
  grant_ = nullptr;
}

AnswerMeter::AnswerMeter(std::shared_ptr<RequestMeter> request, std::size_t index, bool counts_prompt)
    : request_(std::move(request)), index_(index), counts_prompt_(counts_prompt) {}

AnswerMeter::~AnswerMeter() {
  if (!ended_) request_->Ended(cloud::EndReason::kAborted, false);
}

void AnswerMeter::Used(const engine::Usage& so_far) {
  const cloud::Units now = UnitsOf(request_->task_, so_far, counts_prompt_);
  request_->Used(index_, std::exchange(told_, now), now);
}

void AnswerMeter::Ended(engine::FinishReason reason, const engine::Usage& usage) {
  Used(usage);
  request_->on_cpu_time_(usage.cpu_us);
  ended_ = true;
  if (reason == engine::FinishReason::kAborted && stopped_) reason = engine::FinishReason::kStop;
  request_->Ended(ToReason(reason), true);
}

std::vector<std::shared_ptr<AnswerMeter>> RequestMeter::MakeAnswers(std::size_t n) {
  std::vector<std::shared_ptr<AnswerMeter>> answers;
  for (std::size_t i = 0; i < open_; ++i)
    answers.push_back(std::make_shared<AnswerMeter>(shared_from_this(), i, i % n == 0));
  return answers;
}

void RequestMeter::Used(std::size_t index, const cloud::Units& before, const cloud::Units& now) {
  if (task_ == engine::Task::kGenerate) return grant_->ticket(index)->Used(now);
  shared_ -= before;
  shared_ += now;
  grant_->ticket(0)->Used(shared_);
}

void RequestMeter::Ended(cloud::EndReason reason, bool began) {
  std::lock_guard lock(mutex_);
  if (began) {
    began_ = true;
    reason_ = std::max(reason_, reason);
  }
  if (--open_ > 0) return;
  if (began_ && late_) late_->Ended(grant_, reason_);
  else if (began_) grant_->Settle(reason_);
  else grant_->Release();
}

}  // namespace yun::server
