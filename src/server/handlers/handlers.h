// The handlers of the table in server/routes.cc, one file a subject.
#pragma once
#include <optional>

#include "server/call.h"

namespace yun::server::handlers {

// health.cc
/// 200 as long as the process answers. With a valid key: also each engine's counts.
void Health(Service& service, Call call);
/// 200 when requests are taken; 503 while loading and draining.
void Ready(Service& service, Call call);

/// What server/openapi.h describes.
void ShowOpenApi(Service& service, Call call);

// metrics.cc
/// The figures of server/metrics.h as text, for whom ServiceOptions::metrics lets.
void ShowMetrics(Service& service, Call call);

// models.cc
/// Those that the key may use; others are answered like unknown ones.
void ListModels(Service& service, Call call);
void GetModel(Service& service, Call call);

// dashscope.cc
void TextGeneration(Service& service, Call call);
void MultimodalGeneration(Service& service, Call call);
/// A page of the models, or the one of `model`.
void ListNativeModels(Service& service, Call call);
// tasks.cc
/// Keeps a native request, to be answered later.
void SubmitTask(Service& service, Call call);
void GetTask(Service& service, Call call);
void ListTasks(Service& service, Call call);
void CancelTask(Service& service, Call call);

// dashscope.cc, what native handlers share
/// Why a native request's headers forbid to serve it, if they do: a wish that is not met, or another workspace.
std::optional<api::ApiError> NativeHeaders(const Call& call);
/// page_no and page_size of a query. errors: 400
struct Page {
  std::int64_t no = 1, size = 10;
  bool Holds(std::int64_t index) const { return index / size == no - 1; }
};
inline constexpr std::int64_t kPageItemsMax = 100;  // come at most
inline constexpr std::int64_t kPageNumberMax = 1'000'000'000;
api::Parsed<Page> PageOf(const http::Request& request, std::int64_t size);

// receipts.cc
/// What one request used and cost: for its own key, and for who may see the workspace's usage.
void GetReceipt(Service& service, Call call);

// quotas.cc
/// The limits of each model, for the account and the workspace of the key, in the hosted service's form.
void ListQuotas(Service& service, Call call);

// auth.cc
/// Everything under /auth; see server/auth/auth.h.
void SignIn(Service& service, Call call);
/// Whether the client's browser speaks TLS: with us, with a proxy in front, or by what the public address says.
bool IsOverTls(const Service& service, const Call& call);

// admin.cc
/// All under /admin: see admin::Admin.
void AdminApi(Service& service, Call call);

// chat.cc, completions.cc
void ChatCompletions(Service& service, Call call);
void Completions(Service& service, Call call);

// files.cc
void UploadFile(Service& service, Call call);
void ListFiles(Service& service, Call call);
/// What is known of a file or, with /content, its bytes.
void GetFile(Service& service, Call call);
void DeleteFile(Service& service, Call call);
/// The same in DashScope's form: several files in one upload, pages with numbers.
void UploadNativeFiles(Service& service, Call call);
void ListNativeFiles(Service& service, Call call);
void GetNativeFile(Service& service, Call call);
void DeleteNativeFile(Service& service, Call call);

// batches.cc
void MakeBatch(Service& service, Call call);
void ListBatches(Service& service, Call call);
void GetBatch(Service& service, Call call);
void CancelBatch(Service& service, Call call);

// anthropic.cc
void AnthropicMessages(Service& service, Call call);
void AnthropicCountTokens(Service& service, Call call);
inline constexpr std::int64_t kModelPageMax = 1000;
void AnthropicModels(Service& service, Call call);
void AnthropicModel(Service& service, Call call);

// embeddings.cc
void Embeddings(Service& service, Call call);
void TextEmbedding(Service& service, Call call);  // DashScope's

// rerank.cc
void Rerank(Service& service, Call call);   // /v1/rerank
void Reranks(Service& service, Call call);  // with the hosted service's limits
void TextRerank(Service& service, Call call);  // DashScope's
void Score(Service& service, Call call);

// tokenize.cc
void Tokenize(Service& service, Call call);
void NativeTokenize(Service& service, Call call);  // DashScope's
void Detokenize(Service& service, Call call);

// responses.cc
void MakeResponse(Service& service, Call call);
inline constexpr std::int64_t kItemPageMax = 100;
void StoredResponse(Service& service, Call call);
void MakeConversation(Service& service, Call call);
void OneConversation(Service& service, Call call);

// models.cc, what the handlers share
/// Whether the key may use the model; to others it does not exist.
bool MaySee(const Service& service, const cloud::Principal& who, std::string_view id);
/// The model that the call's tail names. Null: the key may not see it, and `call` is answered.
std::shared_ptr<const Model> SeenModel(const Service& service, const Call& call);
/// The error for a model that is not served: 404, or 503 while models still load. Names those that the key may use.
api::ApiError NoSuchModel(const Service& service, const cloud::Principal& who, std::string_view id);

}  // namespace yun::server::handlers
