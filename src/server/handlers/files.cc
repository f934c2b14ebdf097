// POST and GET /v1/files, GET and DELETE /v1/files/{id}, GET /v1/files/{id}/content; at /api/v1/files the same natively
#include "api/openai/files.h"

#include "api/dashscope/files.h"
#include "net/http/multipart.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace dashscope = api::dashscope;
namespace openai = api::openai;

namespace {

constexpr std::string_view kContent = "/content";
constexpr std::string_view kNativePurpose = "fine-tune";  // where the caller does not say

openai::FileEntry EntryOf(const cloud::StoredFile& file) {
  return {.id = file.id,
          .filename = file.filename,
          .purpose = file.purpose,
          .bytes = file.bytes,
          .created = file.created_ms / 1000,
          .expires = file.expires_ms / 1000};
}

/// On the threads for what takes long: sealing and syncing keep no prompt waiting.
void Later(Service& service, Call call, void (*work)(Service&, Call)) {
  auto shared = std::make_shared<Call>(std::move(call));
  if (!service.admin_workers.TryPost([&service, shared, work] { work(service, std::move(*shared)); }))
    shared->Fail(ToApiError({Code::kTooMany, "Too many requests are waiting; try again in a moment."}));
}

void FailFile(const Call& call, const Error& error, std::string_view id) {
  if (error.code == Code::kNotFound)
    return call.Fail({404, fmt::format("No such File object: {}", id.substr(0, 64)), "id", "not_found"});
  call.Fail(ToApiError(error));
}

/// What an upload's fields are refused with.
tl::unexpected<api::ApiError> Refuse(std::string message, std::string param, std::string code = "invalid_value") {
  return tl::unexpected(api::ApiError{400, std::move(message), std::move(param), std::move(code)});
}

/// errors: 400, 413
api::Parsed<std::vector<http::FormPart>> FormOf(const http::Request& request) {
  auto form = http::ParseForm(request.Header("content-type"), request.body);
  if (form) return std::move(*form);
  api::ApiError error = ToApiError(form.error());
  error.message = "Invalid form: " + form.error().message + ".";
  if (form.error().code != Code::kTooLarge) error.status = 400, error.code = "invalid_form";
  return tl::unexpected(std::move(error));
}

std::string NameOf(const http::FormPart& part) { return part.filename.empty() ? "file" : part.filename; }

/// The form's fields as a file and its bytes. errors: 400 that names the field, 413
api::Parsed<std::pair<cloud::StoredFile, std::string_view>> ParseUpload(const http::Request& request) {
  const auto form = FormOf(request);
  if (!form) return tl::unexpected(form.error());
  cloud::StoredFile file;
  const http::FormPart* content = nullptr;
  std::string anchor, seconds;
  for (const http::FormPart& part : *form) {
    if (part.name == "file") {
      if (content) return Refuse("Invalid 'file': one file a request is allowed.", "file");
      content = &part;
    } else if (part.name == "purpose") {
      file.purpose = std::string(part.bytes);
    } else if (part.name == "expires_after[anchor]") {
      anchor = std::string(part.bytes);
    } else if (part.name == "expires_after[seconds]") {
      seconds = std::string(part.bytes);
    } else {
      const std::string name = part.name.substr(0, 64);
      return Refuse(fmt::format("Unknown parameter: '{}'.", name), name, "unknown_parameter");
    }
  }
  if (!content) return Refuse("Missing required parameter: 'file'.", "file", "missing_required_parameter");
  if (file.purpose.empty())
    return Refuse("Missing required parameter: 'purpose'.", "purpose", "missing_required_parameter");
  if (!openai::IsFilePurpose(file.purpose))
    return Refuse(fmt::format("Invalid 'purpose': one of {} is allowed.", openai::FilePurposes()), "purpose");
  if (!anchor.empty() || !seconds.empty()) {
    if (anchor != "created_at")
      return Refuse("Invalid 'expires_after[anchor]': created_at is allowed.", "expires_after[anchor]");
    const auto after = openai::ParseFileSeconds(seconds, "expires_after[seconds]");
    if (!after) return tl::unexpected(after.error());
    file.expires_ms = *after * 1000;  // from now, until it has a date
  }
  file.filename = NameOf(*content);
  return std::pair(std::move(file), content->bytes);
}

void Upload(Service& service, Call call) {
  auto upload = ParseUpload(call.request);
  if (!upload) return call.Fail(upload.error());
  auto& [file, bytes] = *upload;
  file.workspace_id = call.principal->workspace.id;
  file.key_id = call.principal->key.id;
  if (file.expires_ms > 0) file.expires_ms += service.cloud->clock.unix_ms();
  const auto kept = service.cloud->files->Add(std::move(file), bytes);
  if (!kept) {
    api::ApiError error = ToApiError(kept.error(), "file");
    // Not 429: to wait and try again, as SDKs do, would be of no use.
    if (kept.error().code == Code::kTooMany)
      error = {403, kept.error().message, "file", "storage_limit_reached"};
    return call.Fail(error);
  }
  call.Respond(200, openai::WriteFile(EntryOf(*kept)));
}

dashscope::FileEntry NativeEntryOf(const cloud::StoredFile& file) {
  return {.id = file.id,
          .name = file.filename,
          .description = file.description,
          .purpose = file.purpose,
          .bytes = file.bytes,
          .created_ms = file.created_ms};
}

/// Every file of the form, each with the description at its place.
void UploadNative(Service& service, Call call) {
  if (const auto refused = NativeHeaders(call)) return call.Fail(*refused);
  const auto form = FormOf(call.request);
  if (!form) return call.Fail(form.error());
  std::vector<const http::FormPart*> parts;
  std::vector<std::string> descriptions;
  std::string purpose(kNativePurpose);
  for (const http::FormPart& part : *form) {
    if (part.name == "files") parts.push_back(&part);
    if (part.name == "descriptions") descriptions.emplace_back(part.bytes);
    if (part.name == "purpose") purpose = part.bytes;
  }
  if (parts.empty())
    return call.Fail(Refuse("Missing required parameter: 'files'.", "files", "missing_required_parameter").value());
  if (!openai::IsFilePurpose(purpose))
    return call.Fail(
        Refuse(fmt::format("Invalid 'purpose': one of {} is allowed.", openai::FilePurposes()), "purpose").value());
  std::vector<dashscope::FileEntry> kept;
  std::vector<dashscope::FailedUpload> failed;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    cloud::StoredFile file;
    file.workspace_id = call.principal->workspace.id, file.key_id = call.principal->key.id;
    file.filename = NameOf(*parts[i]), file.purpose = purpose;
    if (i < descriptions.size()) file.description = descriptions[i];
    const auto stored = service.cloud->files->Add(std::move(file), parts[i]->bytes);
    if (stored) {
      kept.push_back(NativeEntryOf(*stored));
      continue;
    }
    const Code code = stored.error().code;
    if (code != Code::kTooMany && code != Code::kTooLarge && code != Code::kInvalidArgument)
      return call.Fail(ToApiError(stored.error()));
    failed.push_back({NameOf(*parts[i]).substr(0, cloud::kFileNameBytesMax),
                      code == Code::kInvalidArgument ? "InvalidParameter" : "BadRequest.TooLarge",
                      stored.error().message});
  }
  call.Respond(200, dashscope::WriteUpload(kept, failed, call.request_id));
}

/// False: `call` is answered.
bool Remove(Service& service, const Call& call) {
  const auto used = service.batches->store().IsInput(call.principal->workspace.id, call.tail);
  if (!used) return call.Fail(ToApiError(used.error())), false;
  if (*used)
    return call.Fail({409, "The file is the input of a batch that has not ended.", "id", "file_in_use"}), false;
  const Status removed = service.cloud->files->Remove(call.principal->workspace.id, call.tail);
  if (!removed) FailFile(call, removed.error(), call.tail);
  return removed.has_value();
}

void Content(Service& service, Call call) {
  const std::string id = call.tail.substr(0, call.tail.size() - kContent.size());
  const auto file = service.cloud->files->Find(call.principal->workspace.id, id);
  if (!file) return FailFile(call, file.error(), id);
  auto bytes = service.cloud->files->Read(*file);
  if (!bytes) return call.Fail(ToApiError({Code::kInternal, bytes.error().message}));
  // Never shown as a page of this server, whatever is in it.
  call.responder->Respond(200, "application/octet-stream", std::move(*bytes),
                          call.AnswerHeaders({{"content-disposition", "attachment"}}));
}

}  // namespace

void UploadFile(Service& service, Call call) { Later(service, std::move(call), Upload); }

void ListFiles(Service& service, Call call) {
  const auto wish = openai::ParseListWish(http::ParseQuery(call.request.query), openai::kFilesListedMax,
                                          openai::kFilesListedMax);
  if (!wish) return call.Fail(wish.error());
  cloud::FileFilter filter;
  filter.workspace_id = call.principal->workspace.id;
  filter.purpose = wish->purpose, filter.after = wish->after;
  filter.limit = wish->limit, filter.oldest_first = wish->oldest_first;
  const auto list = service.cloud->files->List(filter);
  if (!list) return FailFile(call, list.error(), wish->after);
  std::vector<std::string> items, ids;
  for (const cloud::StoredFile& file : list->files) {
    items.push_back(openai::WriteFile(EntryOf(file)));
    ids.push_back(file.id);
  }
  call.Respond(200, openai::WriteList(items, ids, list->more));
}

void GetFile(Service& service, Call call) {
  if (call.tail.ends_with(kContent)) return Later(service, std::move(call), Content);
  const auto file = service.cloud->files->Find(call.principal->workspace.id, call.tail);
  if (!file) return FailFile(call, file.error(), call.tail);
  call.Respond(200, openai::WriteFile(EntryOf(*file)));
}

void DeleteFile(Service& service, Call call) {
  if (Remove(service, call)) call.Respond(200, openai::WriteFileDeleted(call.tail));
}

void UploadNativeFiles(Service& service, Call call) { Later(service, std::move(call), UploadNative); }

void ListNativeFiles(Service& service, Call call) {
  constexpr std::int64_t kPageItems = 10;  // where the caller does not say
  const api::Parsed<Page> page = PageOf(call.request, kPageItems);
  if (!page) return call.Fail(page.error());
  cloud::FileFilter filter;
  filter.workspace_id = call.principal->workspace.id;
  filter.offset = (page->no - 1) * page->size, filter.limit = page->size;
  const auto list = service.cloud->files->List(filter);
  if (!list) return call.Fail(ToApiError(list.error()));
  dashscope::FilePage out{.total = list->total, .page_no = page->no, .page_size = page->size};
  for (const cloud::StoredFile& file : list->files) out.files.push_back(NativeEntryOf(file));
  call.Respond(200, dashscope::WriteFilePage(out, call.request_id));
}

void GetNativeFile(Service& service, Call call) {
  const auto file = service.cloud->files->Find(call.principal->workspace.id, call.tail);
  if (!file) return FailFile(call, file.error(), call.tail);
  call.Respond(200, dashscope::WriteFile(NativeEntryOf(*file), call.request_id));
}

void DeleteNativeFile(Service& service, Call call) {
  if (Remove(service, call)) call.Respond(200, fmt::format(R"({{"request_id":"{}"}})", call.request_id));
}

}  // namespace yun::server::handlers
