// Tasks: any native service with the header X-DashScope-Async, GET /api/v1/tasks[/{id}], POST /api/v1/tasks/{id}/cancel
#include "api/dashscope/tasks.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace dashscope = api::dashscope;

namespace {

/// As the vendor's: a random UUID.
std::string NewTaskId() {
  std::string hex = cloud::RandomHex(16);
  hex[12] = '4', hex[16] = '8';
  for (std::size_t at : {20, 16, 12, 8}) hex.insert(at, "-");
  return hex;
}

dashscope::TaskEntry EntryOf(const cloud::Task& task) {
  return {.id = task.id,
          .status = cloud::TaskStatusName(task.status),
          .model = task.model,
          .key_id = task.key_id,
          .request_id = task.request_id,
          .submitted_ms = task.submitted_ms,
          .scheduled_ms = task.scheduled_ms,
          .ended_ms = task.ended_ms,
          .answer = task.answer};
}

}  // namespace

void SubmitTask(Service& service, Call call) {
  if (const auto refused = NativeHeaders(call)) return call.Fail(*refused);
  auto wish = dashscope::ParseTaskRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  if (!ModelFor(service, call, wish->model)) return;
  cloud::Task task;
  task.id = NewTaskId();
  task.workspace_id = call.principal->workspace.id;
  task.key_id = call.principal->key.id;
  task.request_id = call.request_id;
  task.model = std::move(wish->model);
  task.path = call.request.path;
  task.body = std::move(wish->body);
  if (const Status added = service.tasks->Submit(task); !added) return call.Fail(ToApiError(added.error()));
  call.Respond(200, dashscope::WriteTaskMade(task.id, call.request_id));
}

void GetTask(Service& service, Call call) {
  if (call.tail.find('/') != std::string::npos)
    return call.Fail({404, "A task is read by GET /api/v1/tasks/{task_id}.", "", "unknown_url"});
  const auto found = service.tasks->store().Find(call.principal->workspace.id, call.tail);
  if (!found && found.error().code == Code::kNotFound)
    return call.Respond(200, dashscope::WriteUnknownTask(call.tail, call.request_id));
  if (!found) return call.Fail(ToApiError(found.error()));
  call.Respond(200, dashscope::WriteTask(EntryOf(*found), call.request_id));
}

void CancelTask(Service& service, Call call) {
  constexpr std::string_view kVerb = "/cancel";
  if (!call.tail.ends_with(kVerb) || call.tail.size() == kVerb.size())
    return call.Fail({404, "A task is cancelled by POST /api/v1/tasks/{task_id}/cancel.", "", "unknown_url"});
  const std::string id = call.tail.substr(0, call.tail.size() - kVerb.size());
  const Status cancelled = service.tasks->store().Cancel(call.principal->workspace.id, id);
  if (cancelled) return call.Respond(200, fmt::format(R"({{"request_id":"{}"}})", call.request_id));
  if (cancelled.error().code == Code::kNotFound)
    return call.Fail({404, "There is no such task.", "", "not_found"});
  if (cancelled.error().code != Code::kInvalidArgument) return call.Fail(ToApiError(cancelled.error()));
  api::ApiError error{400, "Failed to cancel the task, please confirm if the task is in PENDING status.", "",
                      "invalid_value"};
  error.native = "UnsupportedOperation";
  call.Fail(error);
}

void ListTasks(Service& service, Call call) {
  constexpr std::int64_t kPageItems = 10;  // where the caller does not say
  const api::Parsed<Page> page = PageOf(call.request, kPageItems);
  if (!page) return call.Fail(page.error());
  cloud::TaskFilter filter;
  filter.workspace_id = call.principal->workspace.id;
  filter.offset = (page->no - 1) * page->size, filter.limit = page->size;
  for (const auto& [name, value] : http::ParseQuery(call.request.query)) {
    const auto refuse = [&](std::string_view what) {
      call.Fail({400, fmt::format("Invalid '{}': {}.", name, what), name, "invalid_value"});
    };
    if (value.empty()) continue;
    if (name == "model_name") filter.model = value;
    if (name == "api_key_id") filter.key_id = value;
    if (name == "status" && !(filter.status = cloud::ParseTaskStatus(value)))
      return refuse("PENDING, RUNNING, SUCCEEDED, FAILED or CANCELED");
    if (name != "start_time" && name != "end_time") continue;
    const auto time = dashscope::ParseTaskTime(value);
    if (!time) return refuse("a time in UTC as yyyyMMddHHmmss");
    (name == "start_time" ? filter.from_ms : filter.to_ms) = *time;
  }
  const auto list = service.tasks->store().List(filter);
  if (!list) return call.Fail(ToApiError(list.error()));
  dashscope::TaskPage out{.total = list->total, .page_no = page->no, .page_size = page->size};
  for (const cloud::Task& task : list->tasks) out.tasks.push_back(EntryOf(task));
  call.Respond(200, dashscope::WriteTaskPage(out, call.request_id));
}

}  // namespace yun::server::handlers
