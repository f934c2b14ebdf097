#include "server/values.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "server/admit.h"
#include "server/terms.h"

namespace yun::server {

void Values::Begin(Service& service, Call call, std::shared_ptr<const Model> model, ValuesJob job) {
  const bool embeds = job.each.task == engine::Task::kEmbed;
  cloud::AdmissionRequest asked;
  for (const auto& prompt : job.prompts)
    asked.input[embeds ? cloud::Kind::kEmbedding : cloud::Kind::kRerank] += static_cast<std::int64_t>(prompt.size());
  auto grant = Admit(service, call, *model, asked);
  if (!grant) return;
  std::string receipt_id = grant->receipt_id();
  auto meters = std::make_shared<RequestMeter>(std::move(grant), job.each.task, job.prompts.size(),
                                               CpuTimeOf(service, *model), call.late)
                    ->MakeAnswers(1);
  auto values = std::make_shared<Values>(service, std::move(call), std::move(model), std::move(job),
                                         std::move(receipt_id), std::move(meters));
  service.Keep(values);
  const std::weak_ptr<Values> weak = values;
  values->call_.responder->OnClose([weak] {
    if (auto self = weak.lock()) {
      self->left_ = true;
      self->Wake();
    }
  });
  values->Wake();
}

Values::Values(Service& service, Call call, std::shared_ptr<const Model> model, ValuesJob job, std::string receipt_id,
               std::vector<std::shared_ptr<AnswerMeter>> meters)
    : service_(service),
      call_(std::move(call)),
      model_(std::move(model)),
      job_(std::move(job)),
      receipt_id_(std::move(receipt_id)),
      metrics_(service.metrics.Of(model_->id, call_.principal->workspace.id)),
      meters_(std::move(meters)),
      values_(job_.prompts.size()) {}

void Values::Wake() {
  turns_.Wake(service_.workers, [self = shared_from_this()] { self->Turn(); });
}

void Values::Turn() {
  if (done_) return;
  if (left_) {
    next_ = meters_.size();
    for (const Running& running : running_) running.stream->Cancel();
  }
  for (auto it = running_.begin(); it != running_.end();) {
    const std::optional<engine::StreamEnd> end = it->stream->Ended();
    if (!end) {
      ++it;
      continue;
    }
    const std::size_t input = it->input;
    it = running_.erase(it);
    if (!Take(input, *end)) return;
  }
  Submit();
  if (done_ || !running_.empty() || next_ < meters_.size()) return;
  if (left_) Finish(engine::FinishReason::kAborted);
  else Complete();
}

void Values::Submit() {
  while (next_ < meters_.size() && running_.size() < kInputsInFlightMax) {
    engine::GenerateRequest request = job_.each;
    request.prompt = job_.prompts[next_];
    request.adapter = model_->adapter;
    request.usage_sinks = {meters_[next_]};
    if (next_ > 0) request.ttft_objective_s = 0;
    if (request.timeout_s > 0) {
      request.timeout_s -= std::chrono::duration<double>(Clock::now() - call_.arrived).count();
      if (request.timeout_s <= 0) return FailNow({Code::kDeadline, "The request took longer than its timeout."});
    }
    auto stream = model_->engine->Submit(std::move(request));
    if (!stream) {
      // A full queue refuses a request as a whole; of one that was begun the rest waits.
      if (stream.error().code == Code::kTooMany && next_ > 0) return;
      if (next_ == 0) metrics_.Refused();
      return FailNow(stream.error());
    }
    meters_[next_] = nullptr;
    job_.prompts[next_] = {};
    (*stream)->OnReady([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->Wake();
    });
    running_.push_back({next_++, std::move(*stream)});
  }
}

bool Values::Take(std::size_t input, const engine::StreamEnd& end) {
  usage_.prompt_tokens += end.usage.prompt_tokens;
  usage_.cached_tokens += end.usage.cached_tokens;
  usage_.wasted_tokens += end.usage.wasted_tokens;
  usage_.preemptions += end.usage.preemptions;
  usage_.cpu_us += end.usage.cpu_us;
  switch (end.reason) {
    case engine::FinishReason::kStop:
      values_[input] = end.values;
      return true;
    case engine::FinishReason::kAborted:
      if (left_) return true;
      FailNow({Code::kUnavailable, "The engine was stopped."});
      return false;
    case engine::FinishReason::kTimeout:
      FailNow({Code::kDeadline, "The request took longer than its timeout."});
      return false;
    default:
      FailNow(end.error);
      return false;
  }
}

void Values::Complete() {
  Result<std::string> body = job_.write(std::move(values_), usage_.prompt_tokens);
  if (!body) return FailNow(body.error());
  log::debug("{} {}: {} inputs, {} tokens (cached {}), {} preemptions", call_.request_id, model_->id, meters_.size(),
             usage_.prompt_tokens, usage_.cached_tokens, usage_.preemptions);
  // First the books, then the client, who may read them at once.
  Finish(engine::FinishReason::kStop);
  call_.Respond(200, std::move(*body));
}

void Values::FailNow(const Error& error) {
  const bool begun = next_ > 0;
  for (const Running& running : running_) running.stream->Cancel();
  if (begun) log::warn("{} {}: {}", call_.request_id, model_->id, error.message);
  meters_.clear();  // what was reserved for nothing is free again before the caller hears of it
  if (begun) Finish(error.code == Code::kDeadline ? engine::FinishReason::kTimeout : engine::FinishReason::kError);
  else Finish(engine::FinishReason::kNone);
  call_.Fail(ToApiError(error));
}

void Values::Finish(engine::FinishReason reason) {
  done_ = true;
  if (reason != engine::FinishReason::kNone) {
    call_.more_headers.emplace_back("x-yun-receipt-id", receipt_id_);
    call_.kept.SetReceipt(receipt_id_, model_->id);
    call_.kept.End(*service_.cloud->prompts, reason == engine::FinishReason::kStop      ? "complete"
                                             : reason == engine::FinishReason::kAborted ? "cancelled"
                                                                                        : "failed");
    metrics_.Ended(reason, usage_, 0, std::chrono::duration<double>(Clock::now() - call_.arrived).count());
  }
  service_.Release(this);  // the turn that runs holds another reference
}

std::optional<engine::Pooling> PoolingOf(TextPooling said, const Tokenizer& tokenizer) {
  switch (said) {
    case TextPooling::kLast:
      return engine::Pooling::kLast;
    case TextPooling::kMean:
      return engine::Pooling::kMean;
    case TextPooling::kUnsaid:
      return tokenizer.end_id() >= 0 ? engine::Pooling::kLast : engine::Pooling::kMean;
    case TextPooling::kOther:
      break;
  }
  return {};
}

Status Shorten(std::vector<float>& embedding, std::size_t dimensions) {
  if (dimensions > 0 && dimensions < embedding.size()) embedding.resize(dimensions);
  double squares = 0;
  for (const float value : embedding) squares += static_cast<double>(value) * value;
  if (!std::isfinite(squares)) return Fail(Code::kInternal, "the model computed something that is not a number");
  const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
  for (float& value : embedding) value = static_cast<float>(value * scale);
  return {};
}

api::Parsed<engine::GenerateRequest> TermsOf(const Service& service, const Call& call, const api::ValuesRequest& wish) {
  api::Generation terms;
  terms.priority = wish.priority;
  terms.idle = wish.idle;
  terms.timeout_s = wish.timeout_s;
  return TermsOf(service, call, terms);
}

}  // namespace yun::server
