#include "server/batches.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "cloud/random.h"
#include "server/inner_call.h"
#include "server/request_meter.h"
#include "server/service.h"

namespace yun::server {

namespace openai = api::openai;

namespace {

constexpr std::chrono::seconds kTick{1};
constexpr std::int64_t kSweepMs = 60'000;
constexpr std::int64_t kBusyMs = 1'000;  // after a refusal for want of room, before the next line is tried
constexpr std::string_view kPurpose = "batch_output";

std::string LineId() { return "batch_req_" + cloud::RandomHex(12); }

std::string HeaderOf(const http::Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

}  // namespace

Batches::Batches(Service& service)
    : service_(service), store_(*service.cloud->database, *service.cloud->vault, service.cloud->clock) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

Batches::~Batches() {
  Stop();
  // What is queued calls back into this object.
  if (const Status flushed = service_.cloud->database->Flush(); !flushed)
    log::warn("batches: {}", flushed.error().message);
}

void Batches::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Batches::Look() {
  std::lock_guard lock(mutex_);
  look_ = true;
  changed_.notify_all();
}

void Batches::Loop(const std::stop_token& stop) {
  std::int64_t swept_ms = 0;
  while (!stop.stop_requested()) {
    const std::int64_t now = service_.cloud->clock.unix_ms();
    if (now - swept_ms >= kSweepMs) {
      swept_ms = now;
      if (const Status done = store_.Sweep(); !done) log::warn("batches: {}", done.error().message);
      if (const Status done = service_.cloud->files->Sweep(); !done) log::warn("files: {}", done.error().message);
    }
    bool look = false;
    {
      std::unique_lock lock(mutex_);
      const bool woken = changed_.wait_for(lock, stop, kTick, [&] { return look_; });
      look = std::exchange(look_, false) || !woken;
    }
    if (stop.stop_requested() || service_.phase != Phase::kReady) continue;
    if (look) Refresh();
    // Lines in turn, one of each batch.
    for (;;) {
      std::unique_lock lock(mutex_);
      const std::int64_t ms = service_.cloud->clock.unix_ms();
      if (stopped_ || ms < not_before_ms_) break;
      if (!unwritten_.empty()) {
        std::shared_ptr<const Answer> again = std::move(unwritten_.back());
        unwritten_.pop_back();
        lock.unlock();
        Keep(std::move(again));
        continue;
      }
      if (lines_running_ >= kBatchLinesRunningMax) break;
      Shared chosen;
      for (std::size_t i = 0; i < running_.size() && !chosen; ++i) {
        const Shared& candidate = running_[(next_ + i) % running_.size()];
        if (candidate->left.empty() || candidate->stops || ms < candidate->not_before_ms) continue;
        chosen = candidate, next_ = next_ + i + 1;
      }
      if (!chosen) break;
      openai::BatchLine line = std::move(chosen->left.front());
      chosen->left.pop_front();
      ++chosen->running;
      ++lines_running_;
      lock.unlock();
      Ask(chosen, std::move(line));
    }
    std::vector<Shared> ended;
    {
      std::lock_guard lock(mutex_);
      for (const Shared& running : running_)
        if (running->running == 0 && (running->left.empty() || running->stops)) ended.push_back(running);
    }
    for (const Shared& running : ended) {
      if (const Status done = End(*running); !done) {
        log::warn("batches: {}: {}", running->batch.id, done.error().message);
        continue;  // tried again
      }
      std::lock_guard lock(mutex_);
      std::erase(running_, running);
      look_ = true;
    }
  }
}

void Batches::Refresh() {
  const auto open = store_.Open();
  if (!open) return log::warn("batches: {}", open.error().message);
  const std::int64_t now = service_.cloud->clock.unix_ms();
  for (const cloud::Batch& batch : *open) {
    std::unique_lock lock(mutex_);
    const auto known = std::ranges::find_if(running_, [&](const Shared& r) { return r->batch.id == batch.id; });
    if (known != running_.end()) {
      (*known)->batch.status = batch.status;
      if (batch.status == cloud::BatchStatus::kCancelling || now >= batch.expires_ms) (*known)->stops = true;
      continue;
    }
    const bool ends = batch.status == cloud::BatchStatus::kCancelling || now >= batch.expires_ms;
    const bool waits = !ends && std::ranges::any_of(running_, [&](const Shared& r) {
      return r->batch.workspace_id == batch.workspace_id;
    });
    if (waits || running_.size() >= (ends ? 2 : 1) * kBatchesRunningMax) continue;
    lock.unlock();
    Shared running = Prepare(batch);
    if (!running) continue;
    lock.lock();
    running_.push_back(std::move(running));
  }
}

Batches::Shared Batches::Prepare(cloud::Batch batch) {
  const auto refuse = [&](openai::BatchLineError error) -> Shared {
    if (const Status done = store_.Refuse(batch.id, openai::WriteBatchErrors({std::move(error)})); !done)
      log::warn("batches: {}: {}", batch.id, done.error().message);
    return nullptr;
  };
  auto running = std::make_shared<Running>();
  const auto file = service_.cloud->files->Find(batch.workspace_id, batch.input_file_id);
  auto bytes = file ? service_.cloud->files->Read(*file) : tl::unexpected<Error>(file.error());
  if (!bytes && bytes.error().code == Code::kDisk) {
    log::warn("batches: {}: {}", batch.id, bytes.error().message);
    return nullptr;  // tried again
  }
  if (!bytes)
    return refuse({"invalid_input_file", "The input file cannot be read: " + bytes.error().message + ".", ""});
  running->input = std::move(*bytes);
  openai::BatchInput input = openai::ParseBatchInput(running->input, batch.endpoint);
  if (batch.status == cloud::BatchStatus::kValidating) {
    if (input.errors.empty() && !service_.FindModel(input.model))
      input.errors.push_back({"model_not_found", fmt::format("The model '{}' is not served here.",
                                                             input.model.substr(0, 128)), "body.model", 1});
    if (!input.errors.empty()) {
      if (const Status done = store_.Refuse(batch.id, openai::WriteBatchErrors(input.errors)); !done)
        log::warn("batches: {}: {}", batch.id, done.error().message);
      return nullptr;
    }
    if (const Status done = store_.Begin(batch.id, static_cast<std::int64_t>(input.lines.size()), input.model); !done) {
      log::warn("batches: {}: {}", batch.id, done.error().message);
      return nullptr;
    }
    batch.status = cloud::BatchStatus::kInProgress;
  }
  const auto answered = store_.Answered(batch.id);
  if (!answered) {
    log::warn("batches: {}: {}", batch.id, answered.error().message);
    return nullptr;
  }
  for (openai::BatchLine& line : input.lines)
    if (!answered->contains(line.number)) running->left.push_back(std::move(line));
  for (const auto& [_, bytes] : *answered) running->answers_bytes += bytes;
  running->stops = batch.status == cloud::BatchStatus::kCancelling ||
                   batch.status == cloud::BatchStatus::kFinalizing ||
                   service_.cloud->clock.unix_ms() >= batch.expires_ms;
  running->batch = std::move(batch);
  return running;
}

void Batches::Ask(const Shared& running, openai::BatchLine line) {
  auto charge = std::make_shared<LateCharge>();
  auto principal = service_.cloud->directory->PrincipalOfKey(running->batch.key_id);
  if (!principal) {
    constexpr std::string_view kBody =
        R"({"error":{"message":"The key of this batch is not good any more.","type":"invalid_request_error",)"
        R"("param":null,"code":"invalid_api_key"}})";
    return Answered(running, line, charge, {401, std::string(kBody), {}});
  }
  http::Request request;
  request.method = "POST";
  request.path = running->batch.endpoint;
  request.headers = {{"content-type", "application/json"}};
  request.body = openai::BodyOf(line.text);
  CallInside(service_, std::move(principal), std::move(request),
             [this, running, line = std::move(line), charge](InnerAnswer answer) {
               Answered(running, line, charge, std::move(answer));
             },
             charge);
}

void Batches::Answered(const Shared& running, const openai::BatchLine& line, std::shared_ptr<LateCharge> charge,
                       InnerAnswer answer) {
  const bool limited = answer.status == 429, busy = answer.status == 503;
  {
    std::lock_guard lock(mutex_);
    if (stopped_ || limited || busy) {
      charge->Decide(false);
      --lines_running_;
      --running->running;
      running->left.push_front(line);
      const std::int64_t later = service_.cloud->clock.unix_ms() + kBusyMs;
      if (limited) running->not_before_ms = later;
      if (busy) not_before_ms_ = later;
      return;
    }
  }
  auto whole = std::make_shared<Answer>(Answer{running, std::move(charge), {}});
  cloud::BatchAnswer& kept = whole->answer;
  kept.line = line.number;
  kept.good = answer.status == 200;
  kept.text = openai::WriteBatchAnswer(LineId(), line.custom_id, answer.status,
                                       HeaderOf(answer.headers, "x-request-id"), answer.body);
  if (kept.good) kept.receipt_id = HeaderOf(answer.headers, "x-yun-receipt-id");
  {
    std::lock_guard lock(mutex_);
    running->answers_bytes += static_cast<std::int64_t>(kept.text.size()) + 1;
    if (running->answers_bytes > cloud::kBatchAnswersBytesMax) {
      running->answers_bytes -= static_cast<std::int64_t>(kept.text.size()) + 1;
      kept.text = openai::WriteBatchFailure(LineId(), line.custom_id, "output_too_large",
                                            "The output files are full; this answer was not kept, nor charged.");
      kept.good = false;
      kept.receipt_id.clear();
    }
  }
  Keep(std::move(whole));
}

void Batches::Keep(std::shared_ptr<const Answer> answer) {
  const auto settled = [this, answer](const Status& written) {
    const bool other = !written && written.error().code == Code::kAlreadyExists;
    if (written || other) answer->charge->Decide(written && answer->answer.good);
    if (!written) log::warn("batches: {}: {}", answer->running->batch.id, written.error().message);
    std::lock_guard lock(mutex_);
    if (!written && !other) {
      // Perhaps it is there all the same: it is given again until the database says so.
      unwritten_.push_back(answer);
      not_before_ms_ = service_.cloud->clock.unix_ms() + kBusyMs;
      return;
    }
    --lines_running_;
    --answer->running->running;
    look_ = true;
    changed_.notify_all();
  };
  if (const Status queued = store_.PutAnswer(answer->running->batch.id, answer->answer, settled); !queued)
    settled(queued);
}

Status Batches::End(Running& running) {
  const cloud::Batch& batch = running.batch;
  const bool cancelled = batch.status == cloud::BatchStatus::kCancelling;
  const bool expired = !cancelled && !running.left.empty();
  if (batch.status == cloud::BatchStatus::kInProgress) RETURN_IF_ERROR(store_.Finalize(batch.id));
  ASSIGN_OR_RETURN(const std::vector<cloud::BatchAnswer> answers, store_.Answers(batch.id));
  std::string good, bad;
  for (const cloud::BatchAnswer& answer : answers) (answer.good ? good : bad) += answer.text + "\n";
  for (const openai::BatchLine& line : running.left)
    bad += openai::WriteBatchFailure(
               LineId(), line.custom_id, cancelled ? "batch_cancelled" : "batch_expired",
               cancelled ? "This line was not begun before the batch was cancelled."
                         : "This line could not be executed before the completion window expired.") +
           "\n";
  const auto keep = [&](std::string_view what, const std::string& text) -> Result<std::optional<cloud::StoredFile>> {
    if (text.empty()) return std::optional<cloud::StoredFile>();
    cloud::StoredFile file;
    file.workspace_id = batch.workspace_id, file.key_id = batch.key_id;
    file.filename = fmt::format("{}_{}.jsonl", batch.id, what);
    file.purpose = kPurpose;
    if (batch.output_ms > 0) file.expires_ms = service_.cloud->clock.unix_ms() + batch.output_ms;
    ASSIGN_OR_RETURN(file, service_.cloud->files->PutBytes(std::move(file), text));
    return std::optional(std::move(file));
  };
  ASSIGN_OR_RETURN(const auto output, keep("output", good));
  ASSIGN_OR_RETURN(const auto errors, keep("error", bad));
  return store_.Finish(batch.id,
                       cancelled ? cloud::BatchStatus::kCancelled
                                 : expired ? cloud::BatchStatus::kExpired : cloud::BatchStatus::kCompleted,
                       output, errors);
}

}  // namespace yun::server
