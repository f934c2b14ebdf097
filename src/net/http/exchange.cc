#include "net/http/exchange.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/log.h"
#include "net/http/response_head.h"

namespace yun::http {
namespace {

constexpr std::string_view kJson = "application/json";

bool StatusHasBody(int status) { return status != 204 && status != 304; }

class ExchangeResponder final : public Responder {
 public:
  explicit ExchangeResponder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~ExchangeResponder() override { exchange_->Dropped(); }
  void Respond(int status, std::string_view content_type, std::string body, Headers headers) override {
    exchange_->Respond(status, content_type, std::move(body), headers);
  }
  void Start(int status, std::string_view content_type, Headers headers) override {
    exchange_->Start(status, content_type, headers);
  }
  bool Write(std::string bytes) override { return exchange_->Write(std::move(bytes)); }
  void Finish() override { exchange_->Finish(); }
  void Abort() override { exchange_->Abort(); }
  void OnClose(std::function<void()> callback) override { exchange_->OnClose(std::move(callback)); }
  bool closed() const override { return exchange_->closed(); }

 private:
  const std::shared_ptr<Exchange> exchange_;
};

}  // namespace

std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Exchange> exchange) {
  return std::make_shared<ExchangeResponder>(std::move(exchange));
}

Exchange::Exchange(Traits traits) : traits_(std::move(traits)) {}

bool Exchange::KeepAlive() const { return traits_.keep_alive && !traits_.draining->load(std::memory_order_relaxed); }

// One wake stands for all bytes that are queued before the connection comes to take them.
void Exchange::Wake(std::unique_lock<std::mutex>& lock) {
  const bool wake = !woken_ && !closed();
  woken_ = true;
  lock.unlock();
  if (wake) traits_.wake();
}

// Callbacks are handed out to be destroyed without the lock: they may own things whose destructors come back here.
void Exchange::EndLocked(std::vector<std::function<void()>>& unused) {
  phase_ = Phase::kDone;
  unused.swap(on_close_);
}

void Exchange::RespondLocked(int status, std::string_view content_type, std::string body, const Headers& headers) {
  ResponseHead head{
      .status = status, .content_type = content_type, .http_1_0 = traits_.http_1_0, .keep_alive = KeepAlive()};
  const bool has_body = StatusHasBody(status);
  if (has_body) head.content_length = body.size();
  close_ = !head.keep_alive;
  wire_ += FormatHead(head, headers);
  if (has_body && !traits_.is_head) wire_ += body;
}

void Exchange::Respond(int status, std::string_view content_type, std::string body, const Headers& headers) {
  std::vector<std::function<void()>> unused;
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::kWaiting) {
    log::error("http: a second answer ({}) to one request was dropped", status);
    return;
  }
  RespondLocked(status, content_type, std::move(body), headers);
  EndLocked(unused);
  Wake(lock);
}

void Exchange::Start(int status, std::string_view content_type, const Headers& headers) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::kWaiting) {
    log::error("http: a second answer ({}) to one request was dropped", status);
    return;
  }
  phase_ = Phase::kStreaming;
  chunked_ = !traits_.http_1_0 && StatusHasBody(status);
  ResponseHead head{.status = status,
                    .content_type = content_type,
                    .chunked = chunked_,
                    .http_1_0 = traits_.http_1_0,
                    .keep_alive = KeepAlive() && !traits_.http_1_0};
  close_ = !head.keep_alive;
  wire_ += FormatHead(head, headers);
  Wake(lock);
}

bool Exchange::Write(std::string bytes) {
  std::unique_lock lock(mutex_);
  if (closed() || overflow_) return false;
  if (phase_ != Phase::kStreaming) return false;
  if (bytes.empty() || traits_.is_head) return true;  // an empty chunk would end the answer
  if (wire_.size() + unsent_bytes_ + bytes.size() > traits_.stream_buffer_bytes_max) {
    overflow_ = true;
    Wake(lock);
    return false;
  }
  if (chunked_) {
    fmt::format_to(std::back_inserter(wire_), "{:x}\r\n", bytes.size());
    wire_ += bytes;
    wire_ += "\r\n";
  } else {
    wire_ += bytes;
  }
  Wake(lock);
  return true;
}

void Exchange::Finish() {
  std::vector<std::function<void()>> unused;
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::kStreaming) return;
  if (chunked_ && !traits_.is_head) wire_ += "0\r\n\r\n";
  EndLocked(unused);
  Wake(lock);
}

void Exchange::FailLocked(std::string_view message) {
  ErrorAnswer answer = traits_.error_answer(500, message, traits_.path);
  RespondLocked(500, kJson, std::move(answer.body), answer.headers);
}

void Exchange::AbortLocked() {
  if (phase_ == Phase::kWaiting) {
    FailLocked("the answer was broken off");
  } else {
    close_ = true;
    reset_ = !chunked_;
  }
}

void Exchange::Abort() {
  std::vector<std::function<void()>> unused;
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::kDone) return;
  AbortLocked();
  EndLocked(unused);
  Wake(lock);
}

void Exchange::Dropped() { Failed("the request was dropped without an answer"); }

void Exchange::Failed(std::string_view message) {
  std::vector<std::function<void()>> unused;
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::kDone) return;
  if (!closed()) log::error("http: {}", message);
  if (phase_ == Phase::kWaiting) {
    FailLocked(message);
  } else {
    AbortLocked();
  }
  EndLocked(unused);
  Wake(lock);
}

void Exchange::OnClose(std::function<void()> callback) {
  {
    std::lock_guard lock(mutex_);
    if (phase_ == Phase::kDone) return;
    if (!closed()) {
      on_close_.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

Exchange::Taken Exchange::Take(std::uint64_t unsent_bytes) {
  std::lock_guard lock(mutex_);
  woken_ = false;
  Taken taken;
  taken.bytes.swap(wire_);
  unsent_bytes_ = unsent_bytes + taken.bytes.size();
  taken.done = phase_ == Phase::kDone;
  taken.close = close_;
  taken.reset = reset_;
  taken.overflow = overflow_;
  return taken;
}

void Exchange::SetUnsent(std::uint64_t unsent_bytes) {
  std::lock_guard lock(mutex_);
  unsent_bytes_ = unsent_bytes;
}

bool Exchange::done() const {
  std::lock_guard lock(mutex_);
  return phase_ == Phase::kDone;
}

void Exchange::Gone() {
  std::vector<std::function<void()>> callbacks;
  {
    std::lock_guard lock(mutex_);
    gone_.store(true, std::memory_order_release);
    callbacks.swap(on_close_);
    wire_ = std::string();
  }
  for (auto& callback : callbacks) {
    try {
      callback();
    } catch (const std::exception& error) {
      log::error("http: an OnClose callback threw: {}", error.what());
    }
  }
}

}  // namespace yun::http
