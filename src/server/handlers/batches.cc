// POST and GET /v1/batches, GET /v1/batches/{id}, POST /v1/batches/{id}/cancel
#include "api/openai/batch.h"
#include "api/openai/files.h"
#include "server/batches.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace openai = api::openai;

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kBatchesListed = 20;

std::string Write(const cloud::Batch& batch) {
  return openai::WriteBatch({.id = batch.id,
                             .endpoint = batch.endpoint,
                             .input_file_id = batch.input_file_id,
                             .window = batch.window,
                             .status = std::string(cloud::BatchStatusName(batch.status)),
                             .model = batch.model,
                             .output_file_id = batch.output_file_id,
                             .error_file_id = batch.error_file_id,
                             .metadata = batch.metadata,
                             .errors = batch.errors,
                             .total = batch.total,
                             .completed = batch.completed,
                             .failed = batch.failed,
                             .created = batch.created_ms / 1000,
                             .expires = batch.expires_ms / 1000,
                             .begun = batch.begun_ms / 1000,
                             .finalizing = batch.finalizing_ms / 1000,
                             .cancelling = batch.cancelling_ms / 1000,
                             .ended = batch.ended_ms / 1000});
}

void FailBatch(const Call& call, const Error& error, std::string_view id) {
  if (error.code == Code::kNotFound)
    return call.Fail({404, fmt::format("No such batch: '{}'.", id.substr(0, 64)), "batch_id", "not_found"});
  if (error.code == Code::kInvalidArgument) return call.Fail({409, error.message, "", "invalid_state"});
  call.Fail(ToApiError(error));
}

void Show(Service& service, const Call& call, std::string_view id) {
  const auto batch = service.batches->store().Find(call.principal->workspace.id, id);
  if (!batch) return FailBatch(call, batch.error(), id);
  call.Respond(200, Write(*batch));
}

}  // namespace

void MakeBatch(Service& service, Call call) {
  auto wish = openai::ParseBatchRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  cloud::Batch batch;
  batch.workspace_id = call.principal->workspace.id;
  batch.key_id = call.principal->key.id;
  batch.endpoint = std::move(wish->endpoint);
  batch.input_file_id = std::move(wish->input_file_id);
  batch.window = std::move(wish->window);
  batch.metadata = std::move(wish->metadata);
  batch.expires_ms = wish->window_hours * kHourMs;
  batch.output_ms = wish->output_seconds * 1000;
  const auto file = service.cloud->files->Find(batch.workspace_id, batch.input_file_id);
  if (file && file->purpose != "batch")
    return call.Fail({400, "Invalid 'input_file_id': the file was uploaded for another purpose than 'batch'.",
                      "input_file_id", "invalid_value"});
  const auto made = file ? service.batches->store().Add(std::move(batch)) : tl::unexpected<Error>(file.error());
  if (!made && made.error().code == Code::kNotFound)
    return call.Fail({400, "Invalid 'input_file_id': there is no such file.", "input_file_id", "invalid_value"});
  if (!made) return call.Fail(ToApiError(made.error()));
  service.batches->Look();
  call.Respond(200, Write(*made));
}

void ListBatches(Service& service, Call call) {
  const auto wish =
      openai::ParseListWish(http::ParseQuery(call.request.query), kBatchesListed, openai::kBatchesListedMax);
  if (!wish) return call.Fail(wish.error());
  const auto list = service.batches->store().List(call.principal->workspace.id, wish->after, wish->limit);
  if (!list) return FailBatch(call, list.error(), wish->after);
  std::vector<std::string> items, ids;
  for (const cloud::Batch& batch : list->batches) {
    items.push_back(Write(batch));
    ids.push_back(batch.id);
  }
  call.Respond(200, openai::WriteList(items, ids, list->more));
}

void GetBatch(Service& service, Call call) { Show(service, call, call.tail); }

void CancelBatch(Service& service, Call call) {
  constexpr std::string_view kVerb = "/cancel";
  if (!call.tail.ends_with(kVerb))
    return call.Fail({404, "A batch is cancelled by POST /v1/batches/{batch_id}/cancel.", "", "unknown_url"});
  const std::string id = call.tail.substr(0, call.tail.size() - kVerb.size());
  const Status cancelled = service.batches->store().Cancel(call.principal->workspace.id, id);
  if (!cancelled) return FailBatch(call, cancelled.error(), id);
  service.batches->Look();
  Show(service, call, id);
}

}  // namespace yun::server::handlers
