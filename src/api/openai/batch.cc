#include "api/openai/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <unordered_set>

#include "api/fields.h"
#include "api/openai/files.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kEndpoints = {"/v1/chat/completions", "/v1/completions", "/v1/embeddings",
                                                        "/v1/responses"};
constexpr std::size_t kMetadataPairsMax = 16, kMetadataKeyBytesMax = 64, kMetadataValueBytesMax = 512;

std::string Quote(std::string_view text) { return json::serialize(json::value(json::string(text))); }

/// "24h" and "14d" as hours.
std::optional<std::int64_t> HoursOf(std::string_view window) {
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(window.data(), window.data() + window.size(), number);
  if (ec != std::errc() || end + 1 != window.data() + window.size()) return {};
  if (number < 1 || number > kWindowHoursMax) return {};
  const std::int64_t hours = *end == 'h' ? number : *end == 'd' ? number * 24 : 0;
  if (hours < kWindowHoursMin || hours > kWindowHoursMax) return {};
  return hours;
}

void ReadMetadata(Fields& fields, std::string& out) {
  const json::value* metadata = fields.Find("metadata");
  if (!metadata) return;
  if (!metadata->is_object()) return fields.FailType("metadata", "an object", *metadata);
  if (metadata->get_object().size() > kMetadataPairsMax)
    return fields.Fail("metadata", "invalid_value", "Invalid 'metadata': at most {} pairs are allowed.",
                       kMetadataPairsMax);
  for (const auto& pair : metadata->get_object())
    if (pair.key().size() > kMetadataKeyBytesMax || !pair.value().is_string() ||
        pair.value().get_string().size() > kMetadataValueBytesMax)
      return fields.Fail("metadata", "invalid_value",
                         "Invalid 'metadata': keys have at most {} bytes, values are texts of at most {}.",
                         kMetadataKeyBytesMax, kMetadataValueBytesMax);
  out = json::serialize(*metadata);
}

void ReadOutputExpiry(Fields& fields, std::int64_t& seconds) {
  const json::value* after = fields.Find("output_expires_after");
  if (!after) return;
  if (!after->is_object()) return fields.FailType("output_expires_after", "an object", *after);
  Fields inner(after->get_object());
  inner.OnlyValue("anchor", {"created_at"});
  std::optional<std::int64_t> wish;
  inner.Integer("seconds", wish, kFileSecondsMin, kFileSecondsMax);
  if (!inner.ok())
    return fields.Fail("output_expires_after", "invalid_value", "Invalid 'output_expires_after': {}",
                       inner.error().message);
  if (!wish)
    return fields.Fail("output_expires_after", "missing_required_parameter",
                       "Missing required parameter: 'output_expires_after.seconds'.");
  seconds = *wish;
}

/// What is wrong with a line, or nothing; fills in its custom_id and model.
std::optional<BatchLineError> CheckLine(std::string_view text, std::string_view endpoint, std::string& custom_id,
                                        std::string& model) {
  const auto wrong = [](std::string code, std::string message, std::string param) {
    return BatchLineError{std::move(code), std::move(message), std::move(param)};
  };
  const auto object = ParseObject(text);
  if (!object) return wrong("invalid_json_line", "This line is no JSON object: " + object.error().message, "");
  const auto text_of = [&](std::string_view key) -> std::optional<std::string> {
    const json::value* value = object->if_contains(key);
    if (!value || !value->is_string()) return {};
    return std::string(value->get_string());
  };
  const auto id = text_of("custom_id");
  if (!id || id->empty() || id->size() > kCustomIdBytesMax)
    return wrong("invalid_custom_id",
                 fmt::format("Each line needs a 'custom_id': a text of 1 to {} bytes.", kCustomIdBytesMax),
                 "custom_id");
  custom_id = *id;
  if (text_of("method") != "POST") return wrong("invalid_method", "'method' must be POST.", "method");
  if (text_of("url") != endpoint)
    return wrong("invalid_url", fmt::format("'url' must be the batch's endpoint, {}.", endpoint), "url");
  const json::value* body = object->if_contains("body");
  if (!body || !body->is_object()) return wrong("invalid_body", "'body' must be an object.", "body");
  const json::value* name = body->get_object().if_contains("model");
  if (!name || !name->is_string()) return wrong("missing_model", "'body.model' must name a model.", "body.model");
  const json::value* stream = body->get_object().if_contains("stream");
  if (stream && stream->is_bool() && stream->get_bool())
    return wrong("invalid_body", "A line of a batch cannot be streamed.", "body.stream");
  model = name->get_string();
  return {};
}

}  // namespace

std::vector<std::string_view> BatchEndpoints() { return {kEndpoints.begin(), kEndpoints.end()}; }

Parsed<BatchWish> ParseBatchRequest(std::string_view body) {
  const auto object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  fields.OnlyKnown({}, {"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"});
  BatchWish wish;
  fields.String("input_file_id", wish.input_file_id, 64);
  fields.String("endpoint", wish.endpoint, 64);
  fields.String("completion_window", wish.window, 16);
  for (const auto& [name, value] : {std::pair("input_file_id", &wish.input_file_id), {"endpoint", &wish.endpoint},
                                    {"completion_window", &wish.window}})
    if (value->empty())
      fields.Fail(name, "missing_required_parameter", "Missing required parameter: '{}'.", name);
  if (std::ranges::find(kEndpoints, wish.endpoint) == kEndpoints.end())
    fields.Fail("endpoint", "invalid_value", "Invalid 'endpoint': one of {} is allowed.", fmt::join(kEndpoints, ", "));
  const auto hours = HoursOf(wish.window);
  if (!hours)
    fields.Fail("completion_window", "invalid_value",
                "Invalid 'completion_window': {}h to {}h, or 1d to {}d, is allowed.", kWindowHoursMin, kWindowHoursMax,
                kWindowHoursMax / 24);
  else
    wish.window_hours = *hours;
  ReadMetadata(fields, wish.metadata);
  ReadOutputExpiry(fields, wish.output_seconds);
  if (!fields.ok()) return tl::unexpected(fields.error());
  return wish;
}

BatchInput ParseBatchInput(std::string_view text, std::string_view endpoint) {
  BatchInput input;
  std::unordered_set<std::string> ids;
  const auto add = [&](BatchLineError error, std::int64_t line) {
    error.line = line;
    if (input.errors.size() < kBatchErrorsMax) input.errors.push_back(std::move(error));
  };
  std::int64_t number = 0;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // what some editors begin a file with
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    if (input.lines.size() >= kBatchLinesMax) {
      add({"too_many_lines", fmt::format("A batch has at most {} lines.", kBatchLinesMax), ""}, number);
      break;
    }
    BatchLine& taken = input.lines.emplace_back();
    taken.number = static_cast<std::int64_t>(input.lines.size()) - 1;
    taken.text = line;
    std::string model;
    if (auto error = CheckLine(line, endpoint, taken.custom_id, model)) {
      add(std::move(*error), number);
      continue;
    }
    if (!ids.insert(taken.custom_id).second)
      add({"duplicate_custom_id", fmt::format("The custom_id '{}' stands in two lines.", taken.custom_id), "custom_id"},
          number);
    if (input.model.empty()) input.model = model;
    if (input.model != model)
      add({"mismatched_model",
           fmt::format("A batch is for one model: '{}' in its first line.", input.model.substr(0, 128)), "body.model"},
          number);
  }
  if (input.lines.empty()) add({"empty_file", "The input file has no lines.", "input_file_id"}, 0);
  return input;
}

std::string BodyOf(std::string_view line) {
  auto object = ParseObject(line);
  if (!object) return {};
  const json::value* body = object->if_contains("body");
  return body ? json::serialize(*body) : std::string();
}

std::string WriteBatch(const BatchEntry& b) {
  const auto text = [](const std::string& s) { return s.empty() ? std::string("null") : Quote(s); };
  const auto raw = [](const std::string& s) { return s.empty() ? std::string("null") : s; };
  const auto time = [](std::int64_t seconds, bool holds = true) {
    return holds && seconds > 0 ? std::to_string(seconds) : std::string("null");
  };
  const auto ended = [&](std::string_view status) { return time(b.ended, b.status == status); };
  return fmt::format(
      R"({{"id":{},"object":"batch","endpoint":{},"model":{},"errors":{},"input_file_id":{},"completion_window":{},)"
      R"("status":{},"output_file_id":{},"error_file_id":{},"created_at":{},"in_progress_at":{},"expires_at":{},)"
      R"("finalizing_at":{},"completed_at":{},"failed_at":{},"expired_at":{},"cancelling_at":{},"cancelled_at":{},)"
      R"("request_counts":{{"total":{},"completed":{},"failed":{}}},"metadata":{}}})",
      text(b.id), text(b.endpoint), text(b.model), raw(b.errors), text(b.input_file_id), text(b.window), text(b.status),
      text(b.output_file_id), text(b.error_file_id), time(b.created), time(b.begun), time(b.expires),
      time(b.finalizing), ended("completed"), ended("failed"), ended("expired"), time(b.cancelling), ended("cancelled"),
      b.total, b.completed, b.failed, raw(b.metadata));
}

std::string WriteBatchErrors(const std::vector<BatchLineError>& errors) {
  json::array data;
  for (const BatchLineError& error : errors)
    data.push_back(json::object{{"code", error.code},
                                {"message", error.message},
                                {"param", error.param.empty() ? json::value() : json::value(json::string(error.param))},
                                {"line", error.line > 0 ? json::value(error.line) : json::value()}});
  return json::serialize(json::object{{"object", "list"}, {"data", std::move(data)}});
}

std::string WriteBatchAnswer(std::string_view id, std::string_view custom_id, int status, std::string_view request_id,
                             std::string_view body) {
  return fmt::format(
      R"({{"id":{},"custom_id":{},"response":{{"status_code":{},"request_id":{},"body":{}}},"error":null}})", Quote(id),
      Quote(custom_id), status, Quote(request_id), body.empty() ? "null" : body);
}

std::string WriteBatchFailure(std::string_view id, std::string_view custom_id, std::string_view code,
                              std::string_view message) {
  return fmt::format(R"({{"id":{},"custom_id":{},"response":null,"error":{{"code":{},"message":{}}}}})", Quote(id),
                     Quote(custom_id), Quote(code), Quote(message));
}

}  // namespace yun::api::openai
