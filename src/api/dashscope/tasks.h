// DashScope's bodies about tasks: requests that are answered later.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"

namespace yun::api::dashscope {

inline constexpr std::size_t kTaskBytesMax = 1u << 20;  // of a request

/// What a task asks, as it is kept.
struct TaskRequest {
  std::string model;
  std::string body;  // without the wish for a stream
};
/// errors: as ParseGenerationRequest, of `model` and `input`; 413 too_large
Parsed<TaskRequest> ParseTaskRequest(std::string_view body);

struct TaskEntry {
  std::string_view id, status;  // "PENDING", ...
  std::string_view model, key_id, request_id;
  std::int64_t submitted_ms = 0, scheduled_ms = 0, ended_ms = 0;  // 0: not yet
  std::string_view answer;  // of one that has ended: the body of its answer, or of its error
};

/// Of a task that was just submitted.
std::string WriteTaskMade(std::string_view id, std::string_view request_id);
/// {"request_id", "output": {"task_id", "task_status", times, metrics and what was answered}, "usage"}
std::string WriteTask(const TaskEntry& task, std::string_view request_id);
/// Of an id that nobody knows: its status is UNKNOWN.
std::string WriteUnknownTask(std::string_view id, std::string_view request_id);

struct TaskPage {
  std::int64_t total = 0, page_no = 1, page_size = 10;
  std::vector<TaskEntry> tasks;
};
std::string WriteTaskPage(const TaskPage& page, std::string_view request_id);

/// Unix milliseconds of "yyyyMMddHHmmss", UTC; nothing where it is none.
std::optional<std::int64_t> ParseTaskTime(std::string_view text);

}  // namespace yun::api::dashscope
