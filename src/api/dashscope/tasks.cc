#include "api/dashscope/tasks.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "api/chat_fields.h"
#include "api/json_text.h"

namespace yun::api::dashscope {
namespace {

namespace json = boost::json;

/// "2026-11-22 21:50:55.120", UTC.
std::string TimeText(std::int64_t unix_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)),
                     unix_ms % 1000);
}

json::object ObjectOf(std::string_view text) {
  json::error_code ec;
  json::value value = json::parse(text, ec);
  return !ec && value.is_object() ? std::move(value.get_object()) : json::object();
}

}  // namespace

Parsed<TaskRequest> ParseTaskRequest(std::string_view body) {
  if (body.size() > kTaskBytesMax)
    return tl::unexpected(ApiError{
        413, fmt::format("A task's body has at most {} bytes; got {}.", kTaskBytesMax, body.size()), "", "too_large"});
  Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected<ApiError>(std::move(object.error()));
  TaskRequest out;
  Fields fields(*object);
  fields.String("model", out.model, kNameBytesMax);
  if (fields.ok() && out.model.empty())
    fields.Fail("model", "missing_required_parameter", R"(Required parameter "model" missing from request.)");
  const json::value* input = fields.Find("input");
  if (fields.ok() && !input)
    fields.Fail("input", "missing_required_parameter", "Required input parameter missing from request.");
  if (input && !input->is_object()) fields.FailType("input", "an object", *input);
  if (input && input->is_object() && input->get_object().if_contains("url"))
    fields.Fail("url", "unsupported_parameter", "'input.url' is not supported: give the texts themselves.");
  const json::value* parameters = fields.Find("parameters");
  if (parameters && !parameters->is_object()) fields.FailType("parameters", "an object", *parameters);
  if (!fields.ok()) return tl::unexpected<ApiError>(std::move(fields.error()));
  if (parameters) object->at("parameters").get_object().erase("stream");
  out.body = json::serialize(*object);
  return out;
}

std::string WriteTaskMade(std::string_view id, std::string_view request_id) {
  return fmt::format(R"({{"output":{{"task_status":"PENDING","task_id":{}}},"request_id":{}}})", Quote(id),
                     Quote(request_id));
}

std::string WriteTask(const TaskEntry& task, std::string_view request_id) {
  const bool good = task.status == "SUCCEEDED", bad = task.status == "FAILED";
  json::object output{{"task_id", task.id}, {"task_status", task.status}};
  output["submit_time"] = TimeText(task.submitted_ms);
  if (task.scheduled_ms > 0) output["scheduled_time"] = TimeText(task.scheduled_ms);
  if (task.ended_ms > 0) output["end_time"] = TimeText(task.ended_ms);
  output["task_metrics"] = json::object{{"TOTAL", 1}, {"SUCCEEDED", good ? 1 : 0}, {"FAILED", bad ? 1 : 0}};
  const json::object answer = ObjectOf(task.answer);
  const auto take = [&](const json::object& from, std::string_view key) {
    if (const json::value* value = from.if_contains(key)) output[key] = *value;
  };
  if (bad) take(answer, "code"), take(answer, "message");
  if (const json::value* said = answer.if_contains("output"); good && said && said->is_object())
    for (const auto& [key, value] : said->get_object()) output[key] = value;
  json::object body{{"request_id", request_id}, {"output", std::move(output)}};
  if (const json::value* usage = answer.if_contains("usage"); good && usage) body["usage"] = *usage;
  return json::serialize(body);
}

std::string WriteUnknownTask(std::string_view id, std::string_view request_id) {
  return fmt::format(R"({{"request_id":{},"output":{{"task_id":{},"task_status":"UNKNOWN"}}}})", Quote(request_id),
                     Quote(ValidText(id)));
}

std::string WriteTaskPage(const TaskPage& page, std::string_view request_id) {
  const std::int64_t pages = (page.total + page.page_size - 1) / page.page_size;
  std::string out = fmt::format(R"({{"request_id":{},"total":{},"total_page":{},"page_no":{},"page_size":{},"data":[)",
                                Quote(request_id), page.total, pages, page.page_no, page.page_size);
  for (std::size_t i = 0; i < page.tasks.size(); ++i) {
    const TaskEntry& t = page.tasks[i];
    out += fmt::format(R"({}{{"task_id":{},"status":{},"model_name":{},"api_key_id":{},"request_id":{},)"
                       R"("gmt_create":{},"start_time":{},"end_time":{}}})",
                       i ? "," : "", Quote(t.id), Quote(t.status), Quote(t.model), Quote(t.key_id), Quote(t.request_id),
                       t.submitted_ms, t.scheduled_ms, t.ended_ms);
  }
  return out + "]}";
}

std::optional<std::int64_t> ParseTaskTime(std::string_view text) {
  constexpr std::size_t kDigits = 14;
  if (text.size() != kDigits || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return {};
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  const int hour = number(8, 2), minute = number(10, 2), second = number(12, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return {};
  const auto seconds = std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(hour) +
                       std::chrono::minutes(minute) + std::chrono::seconds(second);
  return std::chrono::duration_cast<std::chrono::milliseconds>(seconds).count();
}

}  // namespace yun::api::dashscope
