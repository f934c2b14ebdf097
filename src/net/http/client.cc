#include "net/http/client.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>

#include "base/ascii.h"
#include "net/http/public_address.h"

namespace yun::http {
namespace {

constexpr std::size_t kErrorBodyBytesMax = 64u << 10;  // of a 4xx or 5xx answer
constexpr std::size_t kHeaderBytesMax = 256u << 10;    // of all headers of one answer
constexpr std::size_t kUrlBytesMax = 16u << 10;
constexpr const char* kUserAgent = "yun";

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;
using Url = std::unique_ptr<CURLU, UrlDeleter>;

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

// Scheme, host and port: what decides whether given headers may be sent.
std::string Origin(CURLU* url) {
  return LowerAscii(Part(url, CURLUPART_SCHEME)) + "://" + LowerAscii(Part(url, CURLUPART_HOST)) + ":" +
         Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

// For messages: without user, password and query, which may hold keys.
std::string Shown(CURLU* url) {
  const Url copy(curl_url_dup(url));
  if (!copy) return "the server";
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    curl_url_set(copy.get(), part, nullptr, 0);
  }
  return Part(copy.get(), CURLUPART_URL);
}

// One request and its answer, redirects not followed.
struct Transfer {
  const FetchRequest& request;
  const BodySink& sink;
  const std::uint64_t body_bytes_max;

  enum class Stop {
    kNone,
    kSink,
    kCancel,
    kNotPublic,
    kTooLarge,
    kHeaders,
    kRangeIgnored,
    kErrorBodyFull,
    kRangeWrong
  };
  Stop stop = Stop::kNone;
  FetchResponse response;
  std::size_t header_bytes = 0;
  bool body_began = false;

  bool Success() const { return response.status >= 200 && response.status < 300; }
  bool OnHeaderLine(std::string_view line);
  bool OnBody(std::string_view bytes);
  bool CheckRange();
  bool End(Stop why) {
    stop = why;
    return false;
  }
};

bool Transfer::OnHeaderLine(std::string_view line) {
  header_bytes += line.size();
  if (header_bytes > kHeaderBytesMax) return End(Stop::kHeaders);
  line = Trim(line);
  if (line.starts_with("HTTP/")) {
    // A further status line: what was before was 100 Continue or the like.
    response = FetchResponse();
    const std::size_t space = line.find(' ');
    if (space != line.npos) response.status = std::atoi(std::string(line.substr(space + 1, 3)).c_str());
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon != line.npos && colon > 0) {
    response.headers.emplace_back(LowerAscii(Trim(line.substr(0, colon))), Trim(line.substr(colon + 1)));
  }
  return true;
}

// A part that is not the one asked for would be written to the wrong place.
bool Transfer::CheckRange() {
  if (request.range_begin == 0 && request.range_end == 0) return true;
  if (response.status != 206) return request.range_begin == 0 || End(Stop::kRangeIgnored);
  const std::string_view range = response.Header("content-range");
  const std::string expected = "bytes " + std::to_string(request.range_begin) + "-";
  return range.starts_with(expected) || End(Stop::kRangeWrong);
}

bool Transfer::OnBody(std::string_view bytes) {
  if (request.cancel != nullptr && request.cancel->load(std::memory_order_relaxed)) return End(Stop::kCancel);
  if (!Success()) {
    const std::size_t room = kErrorBodyBytesMax - response.body.size();
    response.body += bytes.substr(0, room);
    return bytes.size() <= room || End(Stop::kErrorBodyFull);
  }
  if (!std::exchange(body_began, true) && !CheckRange()) return false;
  if (sink) return sink(bytes) || End(Stop::kSink);
  if (bytes.size() > body_bytes_max - std::min<std::uint64_t>(body_bytes_max, response.body.size())) {
    return End(Stop::kTooLarge);
  }
  response.body += bytes;
  return true;
}

// C callbacks: an exception (a full memory, a sink that throws) must not pass through libcurl.
template <bool (Transfer::*kMember)(std::string_view)>
std::size_t Receive(char* data, std::size_t size, std::size_t count, void* transfer) {
  try {
    return (static_cast<Transfer*>(transfer)->*kMember)({data, size * count}) ? size * count : 0;
  } catch (...) {
    static_cast<Transfer*>(transfer)->stop = Transfer::Stop::kSink;
    return 0;
  }
}

int Progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* transfer = static_cast<Transfer*>(data);
  const std::atomic<bool>* cancel = transfer->request.cancel;
  if (cancel == nullptr || !cancel->load(std::memory_order_relaxed)) return 0;
  transfer->stop = Transfer::Stop::kCancel;
  return 1;
}

// Called with each address that the name has, when it is about to be connected to: what it was before does not matter.
curl_socket_t OpenPublicSocket(void* data, curlsocktype, curl_sockaddr* address) {
  if (!IsPublicAddress(address->addr)) {
    static_cast<Transfer*>(data)->stop = Transfer::Stop::kNotPublic;
    return CURL_SOCKET_BAD;
  }
  static_cast<Transfer*>(data)->stop = Transfer::Stop::kNone;
  return ::socket(address->family, address->socktype, address->protocol);
}

// A handle of the thread's, so that connections to the same host are used again. Taken out while in use: a sink may
// fetch.
class ThreadHandle {
 public:
  ThreadHandle() : easy_(std::move(Kept())) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    if (!easy_) easy_.reset(curl_easy_init());
  }
  ~ThreadHandle() {
    if (easy_) curl_easy_reset(easy_.get());  // it must not keep pointers into this call
    Kept() = std::move(easy_);
  }
  ThreadHandle(const ThreadHandle&) = delete;
  CURL* get() const { return easy_.get(); }

 private:
  static Easy& Kept() {
    thread_local Easy easy;
    return easy;
  }
  Easy easy_;
};

bool IsThisMachine(CURLU* url) {
  const std::string host = Part(url, CURLUPART_HOST);
  return host == "127.0.0.1" || host == "[::1]";
}

Status SetUp(CURL* easy, Transfer& transfer, CURLU* url, bool send_headers, bool as_get, Slist& headers) {
  const FetchRequest& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_CURLU, url);
  if (request.own_server && IsThisMachine(url)) {
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(easy, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(request.connect_seconds_max));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_seconds_max));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, static_cast<long>(request.total_seconds_max));
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // Where an organisation's own certificates are said to be, as other tools understand it.
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (const char* file = std::getenv(name); file != nullptr && *file != '\0') {
      curl_easy_setopt(easy, CURLOPT_CAINFO, file);
      break;
    }
  }
  if (request.range_begin > 0 || request.range_end > 0) {
    const std::string range =
        std::to_string(request.range_begin) + "-" + (request.range_end > 0 ? std::to_string(request.range_end) : "");
    curl_easy_setopt(easy, CURLOPT_RANGE, range.c_str());
  }
  if (request.public_only) {
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);  // no connection that another request has made
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OpenPublicSocket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  }
  const std::string method = as_get ? "GET" : request.method;
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (method != "GET" || !request.body.empty()) {
    if (!as_get) {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (send_headers) {
    for (const auto& [name, value] : request.headers) {
      const std::string line = value.empty() ? name + ";" : name + ": " + value;
      if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos) {
        return Fail(Code::kInvalidArgument, "the header {} holds a line break",
                    name.substr(0, name.find_first_of("\r\n")));
      }
      curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
      if (longer == nullptr) return Fail(Code::kNoMemory, "no memory for a request");
      headers.release();
      headers.reset(longer);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Receive<&Transfer::OnHeaderLine>);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Receive<&Transfer::OnBody>);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  return {};
}

Status Outcome(const Transfer& transfer, CURLcode code, const char* detail, const std::string& shown) {
  using Stop = Transfer::Stop;
  switch (transfer.stop) {
    case Stop::kSink:
    case Stop::kCancel:
      return Fail(Code::kCancelled, "{}: the transfer was stopped", shown);
    case Stop::kNotPublic:
      if (code == CURLE_OK) return {};  // by another address of the name
      return Fail(Code::kPermissionDenied, "{}: not an address of the public network", shown);
    case Stop::kTooLarge:
      return Fail(Code::kTooLarge, "{}: the answer is over {} bytes", shown, transfer.body_bytes_max);
    case Stop::kHeaders:
      return Fail(Code::kNetwork, "{}: the answer's headers are over {} bytes", shown, kHeaderBytesMax);
    case Stop::kRangeWrong:
      return Fail(Code::kNetwork, "{}: the server sent another range than asked for", shown);
    case Stop::kRangeIgnored:
    case Stop::kErrorBodyFull:
      return {};
    case Stop::kNone:
      break;
  }
  if (code == CURLE_OK) return {};
  const std::string why = detail[0] != '\0' ? detail : curl_easy_strerror(code);
  if (code == CURLE_OUT_OF_MEMORY) return Fail(Code::kNoMemory, "{}: {}", shown, why);
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return Fail(Code::kInvalidArgument, "{}: {}", shown, why);
  }
  return Fail(Code::kNetwork, "{}: {}", shown, why);
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<Url> ParseUrl(const std::string& text) {
  Url url(curl_url());
  if (!url) return Fail(Code::kNoMemory, "no memory for a request");
  if (text.size() > kUrlBytesMax || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return Fail(Code::kInvalidArgument, "not a URL: {}", text.substr(0, std::min<std::size_t>(text.find('?'), 200)));
  }
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return Fail(Code::kInvalidArgument, "{}: only http and https are fetched", Shown(url.get()));
  }
  return url;
}

// Moves `url` to where the answer points.
Status Follow(CURLU* url, const FetchResponse& response) {
  const std::string from = Shown(url);
  const bool was_tls = Part(url, CURLUPART_SCHEME) == "https";
  const std::string location(response.Header("location"));
  if (location.empty() || location.size() > kUrlBytesMax ||
      curl_url_set(url, CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) {
    return Fail(Code::kNetwork, "{}: redirected to something that is not a URL", from);
  }
  const std::string scheme = Part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return Fail(Code::kNetwork, "{}: redirected to {}, which is neither http nor https", from, Shown(url));
  }
  if (was_tls && scheme == "http") {
    return Fail(Code::kNetwork, "{}: redirected from https to {}, which anyone on the way could read or change", from,
                Shown(url));
  }
  return {};
}

}  // namespace

std::string_view FetchResponse::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Result<FetchResponse> Fetch(const FetchRequest& request, const BodySink& sink, std::uint64_t body_bytes_max) {
  const ThreadHandle handle;
  CURL* easy = handle.get();
  if (easy == nullptr) return Fail(Code::kNoMemory, "no memory for a request");
  ASSIGN_OR_RETURN(const Url url, ParseUrl(request.url));
  const std::string first_origin = Origin(url.get());
  bool same_origin = true;
  bool as_get = false;
  for (std::uint32_t redirects = 0;; ++redirects) {
    if (request.cancel != nullptr && request.cancel->load(std::memory_order_relaxed)) {
      return Fail(Code::kCancelled, "{}: the transfer was stopped", Shown(url.get()));
    }
    Transfer transfer{.request = request, .sink = sink, .body_bytes_max = body_bytes_max};
    Slist headers;
    char detail[CURL_ERROR_SIZE] = "";
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
    RETURN_IF_ERROR(SetUp(easy, transfer, url.get(), same_origin, as_get, headers));
    const CURLcode code = curl_easy_perform(easy);
    RETURN_IF_ERROR(Outcome(transfer, code, detail, Shown(url.get())));
    const int status = transfer.response.status;
    if (!IsRedirect(status) || request.redirects_max == 0) return std::move(transfer.response);
    if (redirects == request.redirects_max) {
      return Fail(Code::kNetwork, "{}: more than {} redirects", Shown(url.get()), request.redirects_max);
    }
    RETURN_IF_ERROR(Follow(url.get(), transfer.response));
    // Once away from where the caller meant them to go, headers (and what they hold) are not sent again.
    same_origin = same_origin && Origin(url.get()) == first_origin;
    if ((status == 303 && request.method != "HEAD") || (status <= 302 && request.method == "POST")) as_get = true;
    if (!same_origin && !as_get && !request.body.empty()) {
      return Fail(Code::kNetwork, "redirected with the request's body to another host ({})", Shown(url.get()));
    }
  }
}

}  // namespace yun::http
