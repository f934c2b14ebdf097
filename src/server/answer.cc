#include "server/answer.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "server/admit.h"
#include "server/dry_run.h"
#include "server/terms.h"

namespace yun::server {

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

api::Part PartOf(PieceKind kind) {
  switch (kind) {
    case PieceKind::kThinking: return api::Part::kThinking;
    case PieceKind::kText: return api::Part::kText;
    case PieceKind::kCallBegin: return api::Part::kCallBegin;
    case PieceKind::kCallArguments: return api::Part::kCallArguments;
    case PieceKind::kCallEnd: return api::Part::kCallEnd;
  }
  CHECK(false);
  __builtin_unreachable();
}

bool IsJson(const api::Constraint& constraint) {
  return constraint.kind == api::ConstraintKind::kJsonObject || constraint.kind == api::ConstraintKind::kJsonSchema;
}

/// The most tokens of one answer, thinking included; 0: no bound but the context's.
std::uint32_t TokensMax(const api::Generation& wish, bool thinks, std::uint32_t budget) {
  constexpr std::uint32_t kMarks = 4;  // <think>, </think> and what stands around them
  if (wish.answer_tokens == 0 || (thinks && budget == 0)) return wish.max_tokens;
  const std::uint32_t all = wish.answer_tokens + (thinks ? budget + kMarks : 0);
  return wish.max_tokens == 0 ? all : std::min(wish.max_tokens, all);
}

}  // namespace

Answer::Answer(Service& service, Call call, const api::Generation& wish, AnswerPlan plan)
    : service_(service),
      call_(std::move(call)),
      plan_(std::move(plan)),
      tokenizer_(*plan_.model->tokenizer),
      stream_(wish.stream),
      logprobs_(wish.logprobs),
      n_(wish.n),
      metrics_(service.metrics.Of(plan_.model->id, call_.principal->workspace.id)) {
  for (const auto& prompt : plan_.prompts) prompt_tokens_ += prompt.size();
}

void Answer::Begin(Service& service, Call call, const api::Generation& wish, AnswerPlan plan) {
  const std::shared_ptr<const Model> model = plan.model;
  const std::uint32_t context = model->engine->context_tokens();
  for (const auto& prompt : plan.prompts)
    if (prompt.size() >= context)
      return call.Fail(
          {.message = fmt::format(
               "This model's maximum context length is {} tokens, for the prompt and at least one token of the "
               "answer, but the prompt has {} tokens. Please shorten it.",
               context, prompt.size()),
           .param = plan.prompt_param,
           .code = "context_length_exceeded",
           .tokens_max = static_cast<std::int64_t>(context) - 1});

  api::Parsed<engine::GenerateRequest> terms = TermsOf(service, call, wish);
  if (!terms) return call.Fail(terms.error());
  terms->adapter = model->adapter;
  const bool thinks = plan.format && (plan.format->thinks_at_start || plan.format->may_think);
  const std::uint32_t wanted = TokensMax(wish, thinks, plan.thinking_budget);

  const std::size_t answers = plan.prompts.size() * wish.n;
  cloud::AdmissionRequest asked;
  asked.answers = static_cast<std::int64_t>(answers);
  asked.output_tokens_given = wanted > 0;
  for (const auto& prompt : plan.prompts) {
    asked.input[cloud::Kind::kInput] += static_cast<std::int64_t>(prompt.size());
    const auto room = static_cast<std::int64_t>(context - prompt.size());
    const std::int64_t longest = asked.output_tokens_given ? std::min<std::int64_t>(wanted, room) : room;
    asked.output_tokens = std::max(asked.output_tokens, longest);
  }
  std::shared_ptr<cloud::Grant> grant = Admit(service, call, *model, asked);
  if (!grant) return;
  const engine::EngineStats load = model->engine->Stats();
  call.more_headers.emplace_back("x-yun-queue-place", std::to_string(load.waiting));
  const auto wait = service.fleet ? service.fleet->WaitFor(model->adapter ? model->base : model->id) : std::nullopt;
  const double start_s = load.queue_seconds + (wait ? wait->seconds : 0);
  call.more_headers.emplace_back("x-yun-start-estimate-ms", fmt::format("{:.0f}", 1000 * start_s));
  if (wait) call.more_headers.emplace_back("x-yun-model-line", std::to_string(wait->line));
  if (wish.dry_run) return AnswerDryRun(call, *model, plan.prompts, *terms, *grant);
  const auto tokens_max = static_cast<std::uint32_t>(grant->output_tokens());
  auto meters =
      std::make_shared<RequestMeter>(grant, engine::Task::kGenerate, answers, CpuTimeOf(service, *model), call.late)
          ->MakeAnswers(wish.n);
  auto next_meter = meters.begin();

  auto answer = std::make_shared<Answer>(service, std::move(call), wish, std::move(plan));
  answer->runs_.reserve(answers);
  for (const auto& prompt : answer->plan_.prompts) {
    engine::GenerateRequest request = *terms;
    request.prompt = prompt;
    request.sampling = ToEngine(wish.sampling, model->engine->config());
    const auto room = static_cast<std::uint32_t>(context - prompt.size());
    request.max_tokens = std::min(tokens_max, room);
    if (thinks) request.answer_tokens = wish.answer_tokens;
    request.keep = std::exchange(answer->plan_.keep, {});
    request.usage_sinks.assign(next_meter, next_meter + wish.n);
    request.stop_ids = wish.stop_ids;
    request.ignore_eos = wish.ignore_eos;
    request.logprobs = wish.logprobs;
    model->grammars->MarkThinking(request);
    request.grammar = model->grammars->For(answer->plan_.grammar.get(), prompt, answer->plan_.may_think,
                                           answer->plan_.thinking_budget);
    LogForReplay(answer->call_.request_id, request);
    auto streams = model->engine->SubmitGroup(std::move(request), wish.n);
    if (!streams) {
      answer->metrics_.Refused();
      answer->CancelAll();
      meters.clear();  // what was reserved is free again before the caller hears of it
      grant.reset();
      api::ApiError error = ToApiError(streams.error());
      if (streams.error().code == Code::kTooLarge) error.status = 400, error.code = "context_length_exceeded";
      return answer->call_.Fail(error);
    }
    for (auto& stream : *streams) {
      Run& run = answer->runs_.emplace_back(std::move(stream), std::move(*next_meter++), *model->tokenizer, wish.stop);
      run.choice.index = static_cast<std::uint32_t>(answer->runs_.size() - 1);
      if (answer->plan_.format) run.reader.emplace(*answer->plan_.format);
      if (IsJson(wish.constraint)) run.json.emplace();
      if (const std::size_t at = run.choice.index / wish.n; at < answer->plan_.echoes.size())
        answer->AddPiece(run, {.choice = run.choice.index, .text = answer->plan_.echoes[at]});
    }
  }
  answer->call_.more_headers.emplace_back("x-yun-receipt-id", grant->receipt_id());
  answer->call_.kept.SetReceipt(grant->receipt_id(), model->id);
  if (wish.stream) {
    answer->started_ = true;
    answer->last_write_ = Clock::now().time_since_epoch().count();
    answer->call_.responder->Start(200, answer->plan_.writer->content_type(),
                                   answer->call_.AnswerHeaders(kStreamHeaders));
    std::string out;
    if (wait)
      out = fmt::format(": the model's weights are not in memory: {} models before it, about {:.1f} s\n\n", wait->line,
                        wait->seconds);
    answer->plan_.writer->Begin(out, answer->SoFar(nullptr));
    if (!out.empty()) answer->call_.responder->Write(std::move(out));
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
  turns_.Wake(service_.workers, [self = shared_from_this()] { self->Pump(); });
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
      const bool ours = run.stopped() || run.stream->cancelled();
      CountEnd(run, end->reason, end->usage);
      if (end->reason == engine::FinishReason::kTimeout)
        return FailNow({Code::kDeadline, "The request took longer than its timeout."}, std::move(out));
      if (end->reason == engine::FinishReason::kError) return FailNow(end->error, std::move(out));
      if (end->reason == engine::FinishReason::kAborted && !ours)
        return FailNow({Code::kUnavailable, "The engine was stopped."}, std::move(out));
      End(run, *end);
    } else {
      all_ended = false;
    }
    if (stream_) Send(out, run);
  }
  if (all_ended) return Complete(std::move(out));
  if (out.empty() && Silent()) plan_.writer->KeepAlive(out);
  if (!out.empty()) {
    last_write_ = Clock::now().time_since_epoch().count();
    if (!call_.responder->Write(std::move(out))) CancelAll();
  }
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
  if (run.stopped()) {
    reason = engine::FinishReason::kStop;
    usage.wasted_tokens += usage.generated_tokens - std::min(run.tokens, usage.generated_tokens);  // beyond the stop
  }
  metrics_.Ended(reason, usage, run.taken, std::chrono::duration<double>(Clock::now() - call_.arrived).count());
}

void Answer::Consume(Run& run, const std::vector<engine::TokenEvent>& events) {
  for (const engine::TokenEvent& event : events) {
    if (run.stopped()) return;
    ++run.tokens;
    if (logprobs_ >= 0 && !tokenizer_.IsSpecial(event.id)) {  // an end token is no part of the text
      api::LogprobEntry entry{{std::string(tokenizer_.Bytes(event.id)), event.logprob}, {}};
      for (const engine::TokenLogprob& top : event.top)
        entry.top.push_back({std::string(tokenizer_.Bytes(top.id)), top.logprob});
      run.held.push_back(std::move(entry));
    }
    AddText(run, run.detokenizer.Push(event.id));
    if (run.reader && run.reader->thinking()) ++run.thought;
    if (run.stopped()) {
      run.meter->StopAtText();
      run.stream->Cancel();
    }
  }
}

/// Tells text, thinking and calls apart and gives them out, text with the logprobs of the tokens that it covers.
/// last: so that nothing stays held back
void Answer::AddText(Run& run, const std::string& text, bool last) {
  run.text_bytes += text.size();
  call_.kept.AddText(run.choice.index, text);
  std::vector<api::LogprobEntry> logprobs = Covered(run, last);
  if (!run.reader) {
    if (!text.empty() || !logprobs.empty())
      AddPiece(run, {.choice = run.choice.index, .text = text, .logprobs = std::move(logprobs)});
    return;
  }
  const bool thought = run.reader->thinking();
  std::vector<OutputPiece> pieces = run.reader->Push(text);
  if (last) {
    auto rest = run.reader->Finish();
    std::move(rest.begin(), rest.end(), std::back_inserter(pieces));
  }
  // The probabilities of what is thought or called are not asked for.
  const bool said = !thought && !run.reader->thinking() &&
                    std::ranges::none_of(pieces, [](const OutputPiece& p) { return p.kind != PieceKind::kText; }) &&
                    run.reader->calls() == 0;
  for (OutputPiece& piece : pieces) {
    api::Piece out{.choice = run.choice.index, .part = PartOf(piece.kind), .text = std::move(piece.text),
                   .call = piece.call};
    if (out.part == api::Part::kCallBegin) out.call_id = "call_" + cloud::RandomHex(12);
    if (said) out.logprobs = std::exchange(logprobs, {});
    const bool first_call_ends = out.part == api::Part::kCallEnd && !plan_.parallel_calls;
    AddPiece(run, std::move(out));
    if (first_call_ends) {
      run.called = true;
      return;
    }
  }
  if (said && !logprobs.empty())  // of text that the reader holds back: they come a little early
    AddPiece(run, {.choice = run.choice.index, .logprobs = std::move(logprobs)});
}

void Answer::AddPiece(Run& run, api::Piece piece) {
  if (run.json && piece.part == api::Part::kText) run.json->Push(piece.text);
  if (!stream_) return run.choice.Add(piece);
  if (!run.pieces.empty() && run.pieces.back().part == piece.part && run.pieces.back().call == piece.call &&
      piece.part != api::Part::kCallBegin && piece.part != api::Part::kCallEnd) {
    api::Piece& before = run.pieces.back();
    before.text += piece.text;
    std::move(piece.logprobs.begin(), piece.logprobs.end(), std::back_inserter(before.logprobs));
    return;
  }
  run.pieces.push_back(std::move(piece));
}

/// The logprobs of the tokens whose text has been given out.
std::vector<api::LogprobEntry> Answer::Covered(Run& run, bool last) {
  std::size_t covered = 0;
  while (covered < run.held.size() &&
         (last || run.logprob_bytes + run.held[covered].token.bytes.size() <= run.text_bytes))
    run.logprob_bytes += run.held[covered++].token.bytes.size();
  const auto end = run.held.begin() + static_cast<std::ptrdiff_t>(covered);
  std::vector<api::LogprobEntry> out(std::make_move_iterator(run.held.begin()), std::make_move_iterator(end));
  run.held.erase(run.held.begin(), end);
  return out;
}

void Answer::End(Run& run, const engine::StreamEnd& end) {
  run.usage = end.usage;  // all that the engine did, as the receipt has it
  const bool cut = run.detokenizer.stopped();
  if (cut) run.held.clear();
  if (!run.called) AddText(run, cut ? std::string() : run.detokenizer.Finish(), true);
  const bool called = run.reader && run.reader->calls() > 0;
  run.choice.finish = cut                                               ? api::Finish::kStopString
                      : end.reason == engine::FinishReason::kLength     ? api::Finish::kLength
                      : called                                          ? api::Finish::kToolCalls
                                                                        : api::Finish::kStop;
  run.choice.stop_string = run.detokenizer.stop_string();
  if (!run.json || called || run.choice.finish != api::Finish::kLength) return;
  if (std::string closing = run.json->Closing(); !closing.empty())
    AddPiece(run, {.choice = run.choice.index, .text = std::move(closing)});
}

/// Writes what a choice has not sent yet.
void Answer::Send(std::string& out, Run& run) {
  SendPieces(out, run);
  if (run.ended)
    plan_.writer->EndChoice(out, run.choice.index, run.choice.finish, run.choice.stop_string, SoFar(&run));
}

void Answer::SendPieces(std::string& out, Run& run) {
  for (const api::Piece& piece : std::exchange(run.pieces, {})) plan_.writer->Write(out, piece, SoFar(&run));
}

/// What can be known before the end. current: the choice that is being written, if any
api::UsageCounts Answer::SoFar(const Run* current) const {
  api::UsageCounts usage{.prompt_tokens = prompt_tokens_};
  for (const Run& run : runs_) {
    const std::uint64_t tokens = run.ended ? run.usage.generated_tokens : run.taken;
    const std::uint64_t thought = run.ended ? run.usage.thinking_tokens : run.thought;
    usage.completion_tokens += tokens;
    usage.thinking_tokens += thought;
    if (&run != current) continue;
    usage.cached_tokens = run.usage.cached_tokens;  // 0 before its end
    usage.cache_write_tokens = run.usage.kept_tokens;
    usage.choice_tokens = tokens;
    usage.choice_thinking_tokens = thought;
  }
  return usage;
}

api::UsageCounts Answer::Total() const {
  api::UsageCounts usage;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    usage.completion_tokens += runs_[i].usage.generated_tokens;
    usage.thinking_tokens += runs_[i].usage.thinking_tokens;
    if (i % n_ != 0) continue;  // the choices of a prompt share it
    usage.prompt_tokens += runs_[i].usage.prompt_tokens;
    usage.cached_tokens += runs_[i].usage.cached_tokens;
    usage.cache_write_tokens += runs_[i].usage.kept_tokens;
  }
  return usage;
}

void Answer::Complete(std::string out) {
  const api::UsageCounts usage = Total();
  const engine::Usage& first = runs_.front().usage;
  std::uint64_t preemptions = 0;
  for (const Run& run : runs_) preemptions += run.usage.preemptions;
  log::debug("{} {}: prompt {} (cached {}), answer {} tokens; queue {} ms, prefill {} ms, decode {} ms, "
             "{} preemptions",
             call_.request_id, plan_.model->id, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens,
             first.queue_us / 1000, first.prefill_us / 1000, first.decode_us / 1000, preemptions);
  if (stream_) {
    plan_.writer->End(out, usage);
    if (plan_.on_end) plan_.on_end(*plan_.writer);
    call_.responder->Write(std::move(out));
    call_.responder->Finish();
  } else {
    std::vector<api::Choice> choices;
    for (Run& run : runs_) choices.push_back(std::move(run.choice));
    std::string body = plan_.writer->Whole(choices, usage);
    if (plan_.on_end) plan_.on_end(*plan_.writer);
    call_.Respond(200, std::move(body));
  }
  const bool whole =
      std::ranges::all_of(runs_, [](const Run& run) { return run.stopped() || !run.stream->cancelled(); });
  call_.kept.End(*service_.cloud->prompts, whole ? "complete" : "cancelled");
  done_ = true;
  service_.Release(this);  // the job that runs us holds another reference
}

/// out: what is to be written before
void Answer::FailNow(const Error& error, std::string out) {
  log::warn("{} {}: {}", call_.request_id, plan_.model->id, error.message);
  CancelAll();
  for (Run& run : runs_)
    if (!run.ended) CountEnd(run, engine::FinishReason::kAborted, {});
  const api::ApiError api_error = ToApiError(error);
  if (started_) {
    for (Run& run : runs_) SendPieces(out, run);
    plan_.writer->Fail(out, api_error, call_.request_id);
    call_.responder->Write(std::move(out));
    call_.responder->Abort();
  } else {
    call_.Fail(api_error);
  }
  call_.kept.End(*service_.cloud->prompts, api_error.code);
  done_ = true;
  service_.Release(this);
}

void Answer::CancelAll() {
  for (Run& run : runs_) run.stream->Cancel();
}

}  // namespace yun::server
