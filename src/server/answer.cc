#include "server/answer.h"

#include <algorithm>
#include <random>

#include "base/log.h"
#include "server/terms.h"

namespace yun::server {

namespace openai = api::openai;

namespace {

engine::SamplingParams ToEngine(const api::Sampling& wish, const ModelConfig& config) {
  engine::SamplingParams out;
  out.temperature = static_cast<float>(wish.temperature.value_or(config.default_temperature.value_or(1.f)));
  out.top_p = static_cast<float>(wish.top_p.value_or(config.default_top_p.value_or(1.f)));
  out.top_k = wish.top_k.value_or(config.default_top_k.value_or(0));
  out.min_p = static_cast<float>(wish.min_p.value_or(0));
  out.repetition_penalty = static_cast<float>(wish.repetition_penalty.value_or(1));
  out.presence_penalty = static_cast<float>(wish.presence_penalty);
  out.frequency_penalty = static_cast<float>(wish.frequency_penalty);
  out.logit_bias = wish.logit_bias;
  if (wish.seed) {
    out.seed = *wish.seed;
  } else if (out.temperature > 0) {
    std::random_device random;
    out.seed = std::uint64_t{random()} << 32 | random();
  }
  return out;
}

/// What makes a stream's chunks pass proxies at once.
const http::Headers kStreamHeaders = {{"cache-control", "no-cache"}, {"x-accel-buffering", "no"}};

constexpr std::string_view kKeepAlive = ": keep-alive\n\n";  // a comment: readers of events skip it

/// With the seed, the parameters and the same prompt a request can be asked again and gives the same answer (where the
/// arithmetic is the same: --deterministic).
void LogForReplay(const std::string& request_id, const engine::GenerateRequest& request) {
  if (!log::should_log(log::level::debug)) return;
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, over the tokens' bytes
  for (const engine::TokenId id : request.prompt)
    for (int shift = 0; shift < 32; shift += 8)
      hash = (hash ^ (static_cast<std::uint32_t>(id) >> shift & 0xff)) * 0x100000001b3;
  const engine::SamplingParams& s = request.sampling;
  log::debug(
      "{}: {} prompt tokens, hash {:016x}; seed {}, temperature {}, top_p {}, top_k {}, min_p {}, "
      "repetition_penalty {}, presence_penalty {}, frequency_penalty {}, {} logit biases; max_tokens {}",
      request_id, request.prompt.size(), hash, s.seed.value_or(0), s.temperature, s.top_p, s.top_k, s.min_p,
      s.repetition_penalty, s.presence_penalty, s.frequency_penalty, s.logit_bias.size(), request.max_tokens);
}

std::string Event(const std::string& json) { return "data: " + json + "\n\n"; }

}  // namespace

Answer::Answer(Service& service, Call call, const Model& model, const api::Generation& wish, openai::AnswerHead head)
    : service_(service),
      call_(std::move(call)),
      tokenizer_(model.tokenizer),
      head_(std::move(head)),
      stream_(wish.stream),
      include_usage_(wish.include_usage),
      logprobs_(wish.logprobs),
      n_(wish.n),
      metrics_(service.metrics.Of(model.id, call_.principal->workspace.id)) {}

void Answer::Begin(Service& service, Call call, std::shared_ptr<const Model> model, const api::Generation& wish,
                   std::vector<std::vector<engine::TokenId>> prompts, openai::AnswerHead head, bool may_think) {
  const std::uint32_t context = model->engine->context_tokens();
  for (const auto& prompt : prompts)
    if (prompt.size() >= context)
      return call.Fail(
          {400,
           fmt::format("This model's maximum context length is {} tokens, for the prompt and at least one token of the "
                       "answer, but the prompt has {} tokens. Please shorten it.",
                       context, prompt.size()),
           head.dialog == openai::Dialog::kChat ? "messages" : "prompt", "context_length_exceeded"});

  const api::Parsed<engine::GenerateRequest> terms = TermsOf(service, call, wish);
  if (!terms) return call.Fail(terms.error());
  std::unique_ptr<engine::Grammar> grammar;
  if (wish.constraint.kind != api::ConstraintKind::kNone) {
    auto made = model->grammars->Make(wish.constraint);
    if (!made) {
      api::ApiError error = ToApiError(made.error(), wish.constraint.param);
      error.message = "Invalid '" + wish.constraint.param + "': " + error.message;
      return call.Fail(error);
    }
    grammar = std::move(*made);
  }

  const std::size_t answers = prompts.size() * wish.n;
  cloud::AdmissionRequest asked;
  asked.model = model->id;
  asked.request_id = call.request_id;
  asked.idempotency_key = call.request.Header("idempotency-key");
  asked.app = call.request.Header("x-yun-app");
  asked.answers = static_cast<std::int64_t>(answers);
  asked.output_tokens_given = wish.max_tokens > 0;
  for (const auto& prompt : prompts) {
    asked.input[cloud::Kind::kInput] += static_cast<std::int64_t>(prompt.size());
    const auto room = static_cast<std::int64_t>(context - prompt.size());
    const std::int64_t longest = asked.output_tokens_given ? std::min<std::int64_t>(wish.max_tokens, room) : room;
    asked.output_tokens = std::max(asked.output_tokens, longest);
  }
  cloud::Admission::Answer admitted = service.cloud->admission->Admit(*call.principal, asked);
  call.ShowLimits(admitted.left);
  if (admitted.refusal) {
    service.metrics.Of(model->id, call.principal->workspace.id).Refused();
    return call.Fail(ToApiError(*admitted.refusal));
  }
  const auto tokens_max = static_cast<std::uint32_t>(admitted.grant->output_tokens());
  const auto on_cpu_time = [cloud = service.cloud.get(), id = model->id](std::uint64_t cpu_us) {
    cloud->revenue->AddCpuTime(id, cloud->clock.unix_ms(), static_cast<std::int64_t>(cpu_us));
  };
  auto meters = std::make_shared<RequestMeter>(admitted.grant, engine::Task::kGenerate, answers, on_cpu_time)
                    ->MakeAnswers(wish.n);
  auto next_meter = meters.begin();

  auto answer = std::make_shared<Answer>(service, std::move(call), *model, wish, std::move(head));
  answer->runs_.reserve(answers);
  for (auto& prompt : prompts) {
    engine::GenerateRequest request = *terms;
    request.prompt = prompt;
    request.sampling = ToEngine(wish.sampling, model->engine->config());
    const auto room = static_cast<std::uint32_t>(context - prompt.size());
    request.max_tokens = std::min(tokens_max, room);
    request.usage_sinks.assign(next_meter, next_meter + wish.n);
    request.stop_ids = wish.stop_ids;
    request.ignore_eos = wish.ignore_eos;
    request.logprobs = wish.logprobs;
    model->grammars->MarkThinking(request);
    if (grammar) request.grammar = model->grammars->For(*grammar, prompt, may_think);
    LogForReplay(answer->call_.request_id, request);
    auto streams = model->engine->SubmitGroup(std::move(request), wish.n);
    if (!streams) {
      answer->metrics_.Refused();
      answer->CancelAll();
      meters.clear();  // what was reserved is free again before the caller hears of it
      admitted.grant.reset();
      api::ApiError error = ToApiError(streams.error());
      if (streams.error().code == Code::kTooLarge) error.status = 400, error.code = "context_length_exceeded";
      return answer->call_.Fail(error);
    }
    for (auto& stream : *streams) {
      Run& run = answer->runs_.emplace_back(std::move(stream), std::move(*next_meter++), *model->tokenizer, wish.stop);
      run.choice.index = static_cast<std::uint32_t>(answer->runs_.size() - 1);
      run.choice.with_logprobs = wish.logprobs >= 0;
    }
  }
  answer->call_.more_headers.emplace_back("x-yun-receipt-id", admitted.grant->receipt_id());
  if (wish.stream) {
    answer->started_ = true;
    answer->last_write_ = Clock::now().time_since_epoch().count();
    answer->call_.responder->Start(200, "text/event-stream; charset=utf-8",
                                   answer->call_.AnswerHeaders(kStreamHeaders));
  }
  service.Keep(answer);
  std::weak_ptr<Answer> weak = answer;
  for (Run& run : answer->runs_)
    run.stream->OnReady([weak] {
      if (auto self = weak.lock()) self->Wake();
    });
  answer->call_.responder->OnClose([weak] {
    if (auto self = weak.lock()) self->CancelAll();  // the streams then end, and with them the answer
  });
}

void Answer::Wake() {
  if (wakes_.fetch_add(1) > 0) return;
  service_.workers.Post([self = shared_from_this()] {
    for (int seen = self->wakes_.load(); seen != 0;) {
      self->Pump();
      seen = self->wakes_.fetch_sub(seen) - seen;  // what woke us meanwhile asks for another round
    }
  });
}

void Answer::Pump() {
  if (done_) return;
  std::string out;
  bool all_ended = true;
  for (Run& run : runs_) {
    if (run.ended) continue;
    const std::vector<engine::TokenEvent> events = run.stream->Take();
    if (!events.empty()) Count(run, events.size());
    Consume(run, events);
    if (const std::optional<engine::StreamEnd> end = run.stream->Ended()) {
      const bool ours = run.detokenizer.stopped() || run.stream->cancelled();
      CountEnd(run, end->reason, end->usage);
      if (end->reason == engine::FinishReason::kTimeout)
        return FailNow({Code::kDeadline, "The request took longer than its timeout."});
      if (end->reason == engine::FinishReason::kError) return FailNow(end->error);
      if (end->reason == engine::FinishReason::kAborted && !ours)
        return FailNow({Code::kUnavailable, "The engine was stopped."});
      End(run, *end);
    } else {
      all_ended = false;
    }
    if (stream_) Send(out, run);
  }
  if (out.empty() && !all_ended && Silent()) out = kKeepAlive;
  if (!out.empty()) {
    last_write_ = Clock::now().time_since_epoch().count();
    if (!call_.responder->Write(std::move(out))) CancelAll();
  }
  if (all_ended) Complete();
}

bool Answer::Silent() const {
  const Clock::duration silent_for = Clock::now().time_since_epoch() - Clock::duration(last_write_.load());
  return stream_ && silent_for >= service_.options.keep_alive;
}

void Answer::Tick() {
  if (Silent()) Wake();
}

void Answer::Count(Run& run, std::size_t tokens) {
  const Clock::time_point now = Clock::now();
  const auto since = [&](Clock::time_point begin) { return std::chrono::duration<double>(now - begin).count(); };
  if (run.taken == 0)
    metrics_.FirstTokens(tokens, since(call_.arrived));
  else
    metrics_.MoreTokens(tokens, since(run.last_token));
  run.taken += tokens;
  run.last_token = now;
}

void Answer::CountEnd(Run& run, engine::FinishReason reason, engine::Usage usage) {
  run.ended = true;
  if (run.detokenizer.stopped()) {
    reason = engine::FinishReason::kStop;
    usage.wasted_tokens += usage.generated_tokens - std::min(run.tokens, usage.generated_tokens);  // beyond the stop
  }
  metrics_.Ended(reason, usage, run.taken, std::chrono::duration<double>(Clock::now() - call_.arrived).count());
}

void Answer::Consume(Run& run, const std::vector<engine::TokenEvent>& events) {
  for (const engine::TokenEvent& event : events) {
    if (run.detokenizer.stopped()) return;
    ++run.tokens;
    if (logprobs_ >= 0 && !tokenizer_->IsSpecial(event.id)) {  // an end token is no part of the text
      openai::LogprobEntry entry{{std::string(tokenizer_->Bytes(event.id)), event.logprob}, {}};
      for (const engine::TokenLogprob& top : event.top)
        entry.top.push_back({std::string(tokenizer_->Bytes(top.id)), top.logprob});
      run.held.push_back(std::move(entry));
    }
    AddText(run, run.detokenizer.Push(event.id));
    if (run.detokenizer.stopped()) {
      run.meter->StopAtText();
      run.stream->Cancel();
    }
  }
}

/// Gives out text, and the logprobs of the tokens that it covers.
void Answer::AddText(Run& run, std::string text) {
  run.text_bytes += text.size();
  run.choice.text += text;
  std::size_t covered = 0;
  while (covered < run.held.size() && run.logprob_bytes + run.held[covered].token.bytes.size() <= run.text_bytes)
    run.logprob_bytes += run.held[covered++].token.bytes.size();
  run.choice.logprobs.insert(run.choice.logprobs.end(), std::make_move_iterator(run.held.begin()),
                             std::make_move_iterator(run.held.begin() + static_cast<std::ptrdiff_t>(covered)));
  run.held.erase(run.held.begin(), run.held.begin() + static_cast<std::ptrdiff_t>(covered));
}

void Answer::End(Run& run, const engine::StreamEnd& end) {
  run.usage = end.usage;  // all that the engine did, as the receipt has it
  if (!run.detokenizer.stopped()) {
    AddText(run, run.detokenizer.Finish());
    run.choice.logprobs.insert(run.choice.logprobs.end(), std::make_move_iterator(run.held.begin()),
                               std::make_move_iterator(run.held.end()));
  }
  run.held.clear();
  run.choice.finish_reason =
      !run.detokenizer.stopped() && end.reason == engine::FinishReason::kLength ? "length" : "stop";
}

/// The chunks of what a choice has not sent yet.
void Answer::Send(std::string& out, Run& run) {
  openai::Choice& choice = run.choice;
  const std::string_view finish = std::exchange(choice.finish_reason, {});
  if (!choice.text.empty() || !choice.logprobs.empty() || (run.ended && !run.sent)) {
    out += Event(openai::WriteChunk(head_, choice, !run.sent, include_usage_));
    run.sent = true;
    for (const openai::LogprobEntry& entry : choice.logprobs)
      choice.text_offset += openai::CountCharacters(entry.token.bytes);
    choice.text.clear();
    choice.logprobs.clear();
  }
  if (run.ended) {
    choice.finish_reason = finish;
    out += Event(openai::WriteChunk(head_, choice, false, include_usage_));
  }
}

void Answer::Complete() {
  openai::UsageCounts usage;
  std::uint64_t preemptions = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    preemptions += runs_[i].usage.preemptions;
    usage.completion_tokens += runs_[i].usage.generated_tokens;
    if (i % n_ != 0) continue;  // the choices of a prompt share it
    usage.prompt_tokens += runs_[i].usage.prompt_tokens;
    usage.cached_tokens += runs_[i].usage.cached_tokens;
  }
  const engine::Usage& first = runs_.front().usage;
  log::debug("{} {}: prompt {} (cached {}), answer {} tokens; queue {} ms, prefill {} ms, decode {} ms, "
             "{} preemptions",
             call_.request_id, head_.model, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens,
             first.queue_us / 1000, first.prefill_us / 1000, first.decode_us / 1000, preemptions);
  if (stream_) {
    std::string out;
    if (include_usage_) out += Event(openai::WriteUsageChunk(head_, usage));
    call_.responder->Write(out + "data: [DONE]\n\n");
    call_.responder->Finish();
  } else {
    std::vector<openai::Choice> choices;
    for (Run& run : runs_) choices.push_back(std::move(run.choice));
    call_.Respond(200, openai::WriteAnswer(head_, choices, usage));
  }
  done_ = true;
  service_.Release(this);  // the job that runs us holds another reference
}

void Answer::FailNow(const Error& error) {
  log::warn("{} {}: {}", call_.request_id, head_.model, error.message);
  CancelAll();
  for (Run& run : runs_)
    if (!run.ended) CountEnd(run, engine::FinishReason::kAborted, {});
  const api::ApiError api_error = ToApiError(error);
  if (started_) {
    call_.responder->Write(Event(openai::WriteError(api_error, call_.request_id)));
    call_.responder->Abort();
  } else {
    call_.Fail(api_error);
  }
  done_ = true;
  service_.Release(this);
}

void Answer::CancelAll() {
  for (Run& run : runs_) run.stream->Cancel();
}

}  // namespace yun::server
