#include "hub/remote.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/ascii.h"
#include "hub/record.h"
#include "hub/transfer.h"
#include "net/http/client.h"

namespace yun::hub {
namespace {

constexpr std::uint32_t kPagesMax = 50;
constexpr std::uint64_t kListBytesMax = 16u << 20;
constexpr std::uint32_t kListAttemptsMax = 4;
constexpr double kRetryAfterSecondsMax = 60;

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

std::string Encoded(std::string_view path) { return PercentEncoded(path, "/"); }

Result<http::FetchResponse> Ask(http::FetchRequest request, const PullOptions& options, const std::string& token_help) {
  request.cancel = options.cancel;
  request.stall_seconds_max = options.stall_seconds_max;
  double wait = options.retry_seconds;
  for (std::uint32_t attempt = 1;; ++attempt) {
    auto response = http::Fetch(request, {}, kListBytesMax);
    Error error;
    double asked = 0;
    if (!response) {
      error = response.error();
      if (error.code != Code::kNetwork) return tl::unexpected(std::move(error));
    } else {
      const int status = response->status;
      if (status >= 200 && status <= 299) return response;
      if (status == 401)
        return Fail(Code::kUnauthenticated, "{}: the hub wants to know who asks (401). {}", request.url, token_help);
      if (status == 403)
        return Fail(Code::kPermissionDenied, "{}: the hub does not allow it (403). {}", request.url, token_help);
      if (status == 404 || status == 410) return Fail(Code::kNotFound, "{}: not there ({})", request.url, status);
      if (status != 429 && status < 500) return Fail(Code::kNetwork, "{}: the hub answers {}", request.url, status);
      error = {Code::kUnavailable, fmt::format("{}: the hub answers {}", request.url, status)};
      asked = std::min(RetryAfterSeconds(response->Header("retry-after"), std::time(nullptr)), kRetryAfterSecondsMax);
    }
    if (attempt >= std::min(options.attempts_max, kListAttemptsMax)) return tl::unexpected(std::move(error));
    const double seconds = asked > 0 ? asked : wait;
    if (options.on_note) options.on_note(fmt::format("{}; again in {:.1f} s", error.message, seconds));
    for (double slept = 0; slept < seconds; slept += 0.05) {
      if (options.cancel != nullptr && options.cancel->load()) return Fail(Code::kCancelled, "stopped");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    wait *= 2;
  }
}

Result<RemoteModel> LookUpHuggingFace(const Source& source, const std::vector<std::string>& patterns,
                                      const HubSettings& settings, const PullOptions& options) {
  RemoteModel out;
  const std::string& token = settings.hf_token.Reveal();
  if (!token.empty()) out.headers.emplace_back("authorization", "Bearer " + token);
  out.token_help =
      token.empty() ? fmt::format(
                          "Is the name right (a missing repository is answered so, too)? If it is, set HF_TOKEN to an "
                          "access token of "
                          "yours, and accept the licence at {}/{} if it asks",
                          settings.hf_endpoint, source.repo)
                    : fmt::format("HF_TOKEN is set: is it still good, and has its owner accepted the licence at {}/{}?",
                                  settings.hf_endpoint, source.repo);
  const std::string revision = source.revision.empty() ? "main" : source.revision;
  http::FetchRequest request;
  request.headers = out.headers;
  request.url =
      fmt::format("{}/api/models/{}/tree/{}?recursive=true", settings.hf_endpoint, source.repo, Encoded(revision));
  std::vector<RemoteFile> files;
  for (std::uint32_t page = 1;; ++page) {
    ASSIGN_OR_RETURN(const http::FetchResponse response, Ask(request, options, out.token_help));
    auto part = ParseHuggingFaceTree(response.body);
    if (!part) return Wrap(std::move(part.error()), request.url);
    std::move(part->begin(), part->end(), std::back_inserter(files));
    const std::string next = NextPage(response.Header("link"));
    // The token goes to the hub alone, whatever a page says.
    if (next.empty() || !next.starts_with(settings.hf_endpoint + "/")) break;
    if (page == kPagesMax) return Fail(Code::kTooLarge, "{}: more than {} pages of files", request.url, kPagesMax);
    request.url = next;
  }
  auto selection = SelectFiles(std::move(files), patterns);
  if (!selection) return Wrap(std::move(selection.error()), "hf:" + source.repo);
  out.selection = std::move(*selection);
  for (RemoteFile& file : out.selection.files) {
    file.url =
        fmt::format("{}/{}/resolve/{}/{}", settings.hf_endpoint, source.repo, Encoded(revision), Encoded(file.path));
  }
  out.source = "hf:" + source.repo;
  return out;
}

Result<RemoteModel> LookUpModelScope(const Source& source, const std::vector<std::string>& patterns,
                                     const HubSettings& settings, const PullOptions& options) {
  RemoteModel out;
  const std::string& token = settings.ms_token.Reveal();
  if (!token.empty()) {
    out.headers.emplace_back("authorization", "Bearer " + token);
    out.headers.emplace_back("cookie", "m_session_id=" + token);  // what the files themselves are guarded by
  }
  out.token_help = token.empty() ? "Set MODELSCOPE_API_TOKEN to an access token of yours"
                                 : "MODELSCOPE_API_TOKEN is set: is it still good, and may its owner read this model?";
  const std::string revision = source.revision.empty() ? "master" : source.revision;
  http::FetchRequest request;
  request.headers = out.headers;
  request.url = fmt::format("{}/api/v1/models/{}/repo/files?Revision={}&Recursive=true", settings.ms_endpoint,
                            source.repo, Encoded(revision));
  ASSIGN_OR_RETURN(const http::FetchResponse response, Ask(request, options, out.token_help));
  auto files = ParseModelScopeFiles(response.body);
  if (!files) return Wrap(std::move(files.error()), request.url);
  auto selection = SelectFiles(std::move(*files), patterns);
  if (!selection) return Wrap(std::move(selection.error()), "ms:" + source.repo);
  out.selection = std::move(*selection);
  for (RemoteFile& file : out.selection.files) {
    file.url = fmt::format("{}/api/v1/models/{}/repo?Revision={}&FilePath={}", settings.ms_endpoint, source.repo,
                           Encoded(revision), Encoded(file.path));
  }
  out.source = "ms:" + source.repo;
  return out;
}

/// What a HEAD tells; a server that does not answer one still sends the file, but it cannot be gone on with.
void AskAboutUrl(RemoteFile& file, const PullOptions& options) {
  file.bytes_known = false;
  http::FetchRequest request;
  request.url = file.url;
  request.method = "HEAD";
  const auto response = Ask(request, options, {});
  if (!response) return;
  const std::string_view length = response->Header("content-length");
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), file.bytes);
  file.bytes_known = !length.empty() && error == std::errc() && end == length.data() + length.size();
  if (const std::string_view etag = response->Header("etag"); etag.starts_with('"')) file.validator = etag;
  // A hub's own download URL names the checksum in its first answer only, which a redirect hides; there is no other
  // sum.
}

Result<RemoteModel> LookUpUrl(const Source& source, const PullOptions& options) {
  RemoteModel out;
  out.token_help =
      "A plain URL is asked for without a token; use hf:org/repo or ms:org/repo for a hub's protected models";
  const std::size_t path_end = std::min(source.target.find_first_of("?#"), source.target.size());
  const std::size_t name_at = source.target.rfind('/', path_end) + 1;
  const std::string name = source.target.substr(name_at, path_end - name_at);
  if (!name.ends_with(".gguf") || !IsSafeRelativePath(name)) {
    return Fail(Code::kInvalidArgument,
                "{}: a URL must be that of a .gguf file; for a repository give hf:org/repo or ms:org/repo",
                source.target);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, SplitNames(name));
  for (const std::string& split : names) {
    RemoteFile file;
    file.path = split;
    file.url = source.target.substr(0, name_at) + split + source.target.substr(path_end);
    AskAboutUrl(file, options);
    out.selection.files.push_back(std::move(file));
  }
  out.selection.open = names.front();
  out.source = source.target.substr(0, path_end);  // a query may hold a signature
  return out;
}

}  // namespace

Result<RemoteModel> LookUp(const Source& source, const std::vector<std::string>& patterns, const HubSettings& settings,
                           const PullOptions& options) {
  switch (source.kind) {
    case SourceKind::kHuggingFace:
      return LookUpHuggingFace(source, patterns, settings, options);
    case SourceKind::kModelScope:
      return LookUpModelScope(source, patterns, settings, options);
    case SourceKind::kUrl:
      return LookUpUrl(source, options);
    default:
      return Fail(Code::kInternal, "no hub to ask");
  }
}

}  // namespace yun::hub
