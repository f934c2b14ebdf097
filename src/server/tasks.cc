#include "server/tasks.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "server/call.h"
#include "server/inner_call.h"
#include "server/routes.h"

namespace yun::server {

namespace {

constexpr std::int64_t kSweepMs = 60'000;
constexpr std::int64_t kBusyMs = 1'000;  // after a refusal for want of room or by a limit, before the next is tried
constexpr std::chrono::seconds kTick{1};

/// An error as the caller of a path would have got it.
std::string ErrorBody(std::string_view path, const api::ApiError& error, std::string_view request_id) {
  return DialectOf(path).write_error(error, request_id);
}

api::ApiError Late(std::string message) {
  api::ApiError error{500, std::move(message), "", "internal", "server_error"};
  error.native = "InternalError.Timeout";
  return error;
}

constexpr std::string_view kNativePath = "/api/v1/";

}  // namespace

Tasks::Tasks(Service& service) : service_(service), store_(*service.cloud->database, service.cloud->clock) {}

Result<std::unique_ptr<Tasks>> Tasks::Open(Service& service) {
  std::unique_ptr<Tasks> tasks(new Tasks(service));
  const std::string gone = ErrorBody(kNativePath, Late("The server ended several times while it ran this task."), "");
  RETURN_IF_ERROR(tasks->store_.Recover(gone));
  tasks->thread_ = std::jthread([raw = tasks.get()](const std::stop_token& stop) { raw->Loop(stop); });
  return tasks;
}

void Tasks::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

Status Tasks::Submit(const cloud::Task& task) {
  RETURN_IF_ERROR(store_.Add(task));
  std::lock_guard lock(mutex_);
  look_ = true;
  changed_.notify_all();
  return {};
}

void Tasks::Loop(const std::stop_token& stop) {
  const std::string late = ErrorBody(kNativePath, Late("The task was not begun in time."), "");
  std::int64_t swept_ms = 0;
  while (!stop.stop_requested()) {
    const std::int64_t now = service_.cloud->clock.unix_ms();
    if (now - swept_ms >= kSweepMs) {
      swept_ms = now;
      if (const Status done = store_.Sweep(late); !done) log::warn("tasks: {}", done.error().message);
    }
    {
      std::unique_lock lock(mutex_);
      if (std::erase_if(limited_, [&](const auto& entry) { return entry.second <= now; }) > 0) look_ = true;
      const auto may_take = [&] {
        return look_ && running_ < kTasksRunningMax && service_.phase == Phase::kReady &&
               service_.cloud->clock.unix_ms() >= not_before_ms_;
      };
      if (!may_take()) changed_.wait_for(lock, stop, kTick, may_take);
      if (!may_take()) continue;
      look_ = false;
    }
    auto taken = store_.Take(last_, [this](std::string_view workspace_id) {
      std::lock_guard lock(mutex_);
      return !limited_.contains(workspace_id);
    });
    if (!taken) {
      log::warn("tasks: {}", taken.error().message);
      continue;
    }
    if (!*taken) continue;
    {
      std::lock_guard lock(mutex_);
      look_ = true;
      ++running_;
    }
    last_ = (*taken)->workspace_id;
    Run(std::move(**taken));
  }
}

void Tasks::Run(cloud::Task task) {
  const auto done = [this, id = task.id, workspace_id = task.workspace_id](const InnerAnswer& answer) {
    End(id, workspace_id, answer.status, answer.body);
  };
  auto principal = service_.cloud->directory->PrincipalOfKey(task.key_id);
  if (!principal) {
    const api::ApiError error{401, "The key of this task is not good any more.", "", "invalid_api_key"};
    return End(task.id, task.workspace_id, error.status, ErrorBody(task.path, error, task.request_id));
  }
  http::Request request;
  request.method = "POST";
  request.path = std::move(task.path);
  request.headers = {{"content-type", "application/json"}};
  request.body = std::move(task.body);
  CallInside(service_, std::move(principal), std::move(request), done);
}

void Tasks::End(const std::string& id, const std::string& workspace_id, int status, const std::string& body) {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  --running_;
  const bool limited = status == 429, busy = status == 503;
  Status written;
  if (limited || busy) {
    const std::int64_t later = service_.cloud->clock.unix_ms() + kBusyMs;
    if (limited) limited_[workspace_id] = later;
    if (busy) not_before_ms_ = later;
    written = store_.PutBack(id);
  } else {
    written = store_.Finish(id, status == 200 ? cloud::TaskStatus::kSucceeded : cloud::TaskStatus::kFailed, body);
  }
  if (!written) log::warn("tasks: {}: {}", id, written.error().message);
  look_ = true;
  changed_.notify_all();
}

}  // namespace yun::server
